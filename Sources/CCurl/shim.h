// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call, and take whatever
// type they are given. So there is one function for each purpose: none can pair an option with a
// wrong type, and the compiler sees a constant option, which is what curl's own type checks
// (typecheck-gcc.h) need. They fire with gcc only; Tests/TidyTests compiles this header so that they do.
//
// libcurl copies every string except the body of the request.

#ifndef ACCORD_CCURL_SHIM_H
#define ACCORD_CCURL_SHIM_H

#include <curl/curl.h>
#include <poll.h>
#include <string.h>

// What the body callback returns to end the transfer is any count but the one it was given.
typedef size_t (*curl_body_receiver)(char *bytes, size_t size, size_t count, void *context);

// Anything but 0 ends the transfer.
typedef int (*curl_progress_observer)(void *context, curl_off_t download_total,
                                      curl_off_t downloaded, curl_off_t upload_total,
                                      curl_off_t uploaded);

// What libcurl says of its work; returns 0.
typedef int (*curl_work_observer)(CURL *handle, curl_infotype type, char *text, size_t size,
                                  void *context);

static inline CURLcode curl_library_initialize(void) {
  return curl_global_init(CURL_GLOBAL_DEFAULT);
}

// --- Where to

static inline CURLcode curl_handle_set_url(CURL *handle, const char *url) {
  return curl_easy_setopt(handle, CURLOPT_URL, url);
}

static inline CURLcode curl_handle_allow_https_only(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
}

static inline CURLcode curl_handle_refuse_redirects(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
}

// A URL, perhaps with user and password. An empty string also overrides the environment's https_proxy.
static inline CURLcode curl_handle_set_proxy(CURL *handle, const char *url) {
  return curl_easy_setopt(handle, CURLOPT_PROXY, url);
}

// An empty list also overrides the environment's no_proxy.
static inline CURLcode curl_handle_exempt_no_host_from_proxy(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
}

// The headers of a request are for the server: a proxy must not see them.
static inline CURLcode curl_handle_hide_headers_from_proxy(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
}

// Connections that are open already are left alone.
static inline CURLcode curl_handle_use_fresh_connection(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
}

// Name lookup, proxy and TLS, and then the end: not one byte of a request is sent.
static inline CURLcode curl_handle_only_connect(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
}

static inline CURLcode curl_handle_use_http_1_1(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

// --- Whom to trust

static inline CURLcode curl_handle_verify_peer(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
}

// Only together with curl_handle_only_connect, to look at a certificate that was refused.
static inline CURLcode curl_handle_verify_nothing(CURL *handle) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
  return result ? result : curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
}

static inline CURLcode curl_handle_verify_host_name(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
}

static inline CURLcode curl_handle_require_tls_1_2(CURL *handle) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  return result ? result : curl_easy_setopt(handle, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static inline CURLcode curl_handle_set_ca_file(CURL *handle, const char *path) {
  return curl_easy_setopt(handle, CURLOPT_CAINFO, path);
}

static inline CURLcode curl_handle_set_proxy_ca_file(CURL *handle, const char *path) {
  return curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, path);
}

// PEM text in the place of the CA file. It is copied.
static inline CURLcode curl_handle_set_ca_text(CURL *handle, const void *bytes, size_t count) {
  struct curl_blob text = {(void *)bytes, count, CURL_BLOB_COPY};
  CURLcode result = curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &text);
  return result ? result : curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO_BLOB, &text);
}

// The system's folder of certificates is searched beside the CA file unless it is taken away.
static inline CURLcode curl_handle_use_no_ca_folder(CURL *handle) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_CAPATH, (char *)NULL);
  return result ? result : curl_easy_setopt(handle, CURLOPT_PROXY_CAPATH, (char *)NULL);
}

// --- Who is asking

static inline CURLcode curl_handle_set_client_certificate(CURL *handle, const char *path) {
  return curl_easy_setopt(handle, CURLOPT_SSLCERT, path);
}

// libcurl keeps a copy of its own.
static inline CURLcode curl_handle_set_client_key(CURL *handle, const void *pem, size_t count) {
  struct curl_blob blob = {.data = (void *)pem, .len = count, .flags = CURL_BLOB_COPY};
  return curl_easy_setopt(handle, CURLOPT_SSLKEY_BLOB, &blob);
}

// Without a passphrase OpenSSL would ask for one at the terminal.
static inline CURLcode curl_handle_never_ask_for_passphrase(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_KEYPASSWD, "");
}

// --- What to send

static inline CURLcode curl_handle_set_user_agent(CURL *handle, const char *user_agent) {
  return curl_easy_setopt(handle, CURLOPT_USERAGENT, user_agent);
}

// The list is not copied: it must outlive the transfer.
static inline CURLcode curl_handle_set_headers(CURL *handle, struct curl_slist *headers) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode curl_handle_use_post(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_POST, 1L);
}

// The bytes are not copied: they must outlive the transfer. An empty body may have no address, and
// NULL would make libcurl read standard input.
static inline CURLcode curl_handle_set_body(CURL *handle, const void *bytes) {
  return curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes ? bytes : "");
}

static inline CURLcode curl_handle_set_body_size(CURL *handle, curl_off_t size) {
  return curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
}

// --- How long

static inline CURLcode curl_handle_set_connect_timeout(CURL *handle, long seconds) {
  return curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, seconds);
}

static inline CURLcode curl_handle_set_timeout(CURL *handle, long seconds) {
  return curl_easy_setopt(handle, CURLOPT_TIMEOUT, seconds);
}

static inline CURLcode curl_handle_set_send_bytes_per_second_max(CURL *handle, curl_off_t bytes) {
  return curl_easy_setopt(handle, CURLOPT_MAX_SEND_SPEED_LARGE, bytes);
}

// libcurl sends a whole buffer before it looks at the speed.
static inline CURLcode curl_handle_set_send_buffer_bytes(CURL *handle, long bytes) {
  return curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, bytes);
}

static inline CURLcode curl_handle_set_stall_bytes_per_second(CURL *handle, long bytes) {
  return curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, bytes);
}

static inline CURLcode curl_handle_set_stall_timeout(CURL *handle, long seconds) {
  return curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, seconds);
}

static inline CURLcode curl_handle_use_no_signals(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
}

// --- What comes back

// The buffer holds CURL_ERROR_SIZE bytes and must outlive the transfer.
static inline CURLcode curl_handle_set_error_text(CURL *handle, char *buffer) {
  return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode curl_handle_set_body_receiver(CURL *handle, curl_body_receiver receiver) {
  return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receiver);
}

static inline CURLcode curl_handle_set_body_context(CURL *handle, void *context) {
  return curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode curl_handle_enable_progress(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

static inline CURLcode curl_handle_set_progress_observer(CURL *handle,
                                                         curl_progress_observer observer) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, observer);
}

static inline CURLcode curl_handle_set_progress_context(CURL *handle, void *context) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
}

// --- What is seen on the way

static inline CURLcode curl_handle_keep_certificates(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_CERTINFO, 1L);
}

static inline CURLcode curl_handle_set_work_observer(CURL *handle, curl_work_observer observer) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  return result ? result : curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, observer);
}

static inline CURLcode curl_handle_set_work_context(CURL *handle, void *context) {
  return curl_easy_setopt(handle, CURLOPT_DEBUGDATA, context);
}

static inline CURLcode curl_handle_stop_observing_work(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_VERBOSE, 0L);
}

// The server's certificate (0), or one that came with it: "NAME:VALUE" each; NULL if there is none.
static inline struct curl_slist *curl_handle_get_certificate(CURL *handle, int index) {
  struct curl_certinfo *chain = NULL;
  curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain);
  return chain && index < chain->num_of_certs ? chain->certinfo[index] : NULL;
}

// The address that was connected to; empty if none. Valid until the next transfer.
static inline const char *curl_handle_get_address(CURL *handle) {
  const char *address = NULL;
  curl_easy_getinfo(handle, CURLINFO_PRIMARY_IP, &address);
  return address ? address : "";
}

// Microseconds until the name was looked up; 0 if it never was.
static inline CURLcode curl_handle_get_lookup_time(CURL *handle, curl_off_t *microseconds) {
  return curl_easy_getinfo(handle, CURLINFO_NAMELOOKUP_TIME_T, microseconds);
}

// After curl_handle_only_connect: whether the server says something against it although TLS has begun. With TLS 1.3 a
// client certificate is judged only then.
static inline CURLcode curl_handle_await_objection(CURL *handle, int milliseconds) {
  struct pollfd descriptor = {.events = POLLIN};
  CURLcode result = curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &descriptor.fd);
  while (!result && poll(&descriptor, 1, milliseconds) > 0) {
    char byte;
    size_t count = 0;
    result = curl_easy_recv(handle, &byte, 1, &count);
    if (!result) return count ? CURLE_OK : CURLE_GOT_NOTHING;
    // A session ticket is no objection.
    if (result == CURLE_AGAIN) result = CURLE_OK;
  }
  return result;
}

static inline CURLcode curl_handle_get_status(CURL *handle, long *status) {
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}

// What OpenSSL made of the server's certificates: an X509_V_… number, 0 for good, 1 for not known.
static inline CURLcode curl_handle_get_verify_result(CURL *handle, long *result) {
  return curl_easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, result);
}

// As above, for a proxy that is spoken to over TLS.
static inline CURLcode curl_handle_get_proxy_verify_result(CURL *handle, long *result) {
  return curl_easy_getinfo(handle, CURLINFO_PROXY_SSL_VERIFYRESULT, result);
}

// What the proxy answered to CONNECT; 0 if nothing.
static inline CURLcode curl_handle_get_proxy_status(CURL *handle, long *status) {
  return curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, status);
}

// How many connections the last transfer opened: none if it went over one that was open.
static inline CURLcode curl_handle_get_connections_opened(CURL *handle, long *count) {
  return curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, count);
}

// Microseconds until the connection was ready for a request; 0 if it never was.
static inline CURLcode curl_handle_get_ready_time(CURL *handle, curl_off_t *microseconds) {
  return curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, microseconds);
}

// Bytes of the answer's status line and headers.
static inline CURLcode curl_handle_get_header_bytes(CURL *handle, long *count) {
  return curl_easy_getinfo(handle, CURLINFO_HEADER_SIZE, count);
}

// Why the last connect failed, in words; NULL if none did. Valid until the next call of strerror.
static inline const char *curl_handle_get_connect_failure(CURL *handle) {
  long error_number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error_number);
  return error_number ? strerror((int)error_number) : NULL;
}

// The first header of this name in the last answer; NULL if there is none. Valid until the next
// transfer.
static inline const char *curl_handle_get_header(CURL *handle, const char *name) {
  struct curl_header *header = NULL;
  return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) ? NULL : header->value;
}

#endif
