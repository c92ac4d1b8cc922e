// What Swift cannot import from SQLite: casts in macros, and variadic functions. One shim for each purpose.
#ifndef ACCORD_CSQLITE_SHIM_H
#define ACCORD_CSQLITE_SHIM_H

#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast of -1: SQLite copies the bytes before the call returns.
static inline int sqlite_bind_text_copy(sqlite3_stmt *s, int index, const void *text, int bytes) {
  return sqlite3_bind_text(s, index, (const char *)text, bytes, SQLITE_TRANSIENT);
}
static inline int sqlite_bind_blob_copy(sqlite3_stmt *s, int index, const void *blob, int bytes) {
  // A null pointer would bind NULL; an empty blob is a value.
  return bytes == 0 ? sqlite3_bind_zeroblob(s, index, 0)
                    : sqlite3_bind_blob(s, index, blob, bytes, SQLITE_TRANSIENT);
}

// sqlite3_db_config is variadic. DEFENSIVE keeps SQL from writing the file format; a double-quoted string
// is a typing mistake for a column name.
static inline void sqlite_make_strict(sqlite3 *db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
}

// SQLite sets 120 KiB aside for each connection, used or not: too much for three connections of a resident
// program that runs a few statements a minute. 24 slots of 512 bytes serve most of what such a statement asks.
static inline void sqlite_keep_lookaside_small(sqlite3 *db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, (void *)0, 512, 24);
}

// Without this the last connection that closes removes the -wal file by its name, which after a swap of the
// database file is another file's -wal. It also lets readers open while the writer is stopped.
static inline int sqlite_keep_wal_file(sqlite3 *db) {
  int on = 1;
  return sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

#endif
