// What libFuzzer calls with every text that a section of a dump could hold. Whatever it is:
//
// - scrubbing it comes to an end, and doing it twice is doing it once;
// - nothing that is searched for is left in it, also not when the search gets it in pieces;
// - a canary behind the key of a secret is gone, whatever stands before and after;
// - the book of names is read again as it was written.

import Scrubbing

private let identities = [
  Identity(.hostName, "gate"), Identity(.hostName, "ip-1"), Identity(.hostName, "appliance-4711"),
  Identity(.domainName, "customer.example"), Identity(.address, "192.0.2.7"),
  Identity(.address, "fe80::21a:2bff:fe3c:4d5e"), Identity(.macAddress, "00:1a:2b:3c:4d:5e"),
  Identity(.serialNumber, "CZC1234XYZ"), Identity(.userName, "alice"),
  Identity(.machineID, "0123456789abcdef0123456789abcde0"), Identity(.secret, "c4n4ryS3cret"),
]

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var scrubber = Scrubber(book: PseudonymBook(), identities: identities)
  let once = scrubber.scrub(bytes)
  expect(scrubber.scrub(once) == once, "scrubbing twice is not scrubbing once")
  expect(search(once, pieces: count + 1) == nil, "something that identifies is left")
  expect(search(bytes, pieces: 7) == search(bytes, pieces: count + 1), "pieces make a difference")
  expect(PseudonymBook(decoding: scrubber.book.encoded()) == scrubber.book, "the book changed")

  var other = Scrubber(book: PseudonymBook(), identities: [])
  for (before, after) in [("\npassword=", "\n"), ("\n\"token\": \"", "\"\n")] {
    let middle = bytes.count / 2
    let text = bytes[..<middle] + before.utf8 + "CANARYc4n4ry9".utf8 + after.utf8 + bytes[middle...]
    let scrubbed = other.scrub(Array(text))
    expect(!holds(scrubbed, Array("CANARYc4n4ry9".utf8)), "a canary is left")
  }
  return 0
}

private func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
  if !condition { fatalError(otherwise()) }
}

private func search(_ bytes: [UInt8], pieces length: Int) -> IdentitySearch.Match? {
  var search = IdentitySearch(identities)
  var rest = bytes[...]
  while !rest.isEmpty {
    if let match = search.feed(Array(rest.prefix(length))) { return match }
    rest = rest.dropFirst(length)
  }
  return search.finish()
}

private func holds(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
  guard bytes.count >= word.count else { return false }
  return (0...(bytes.count - word.count)).contains {
    bytes[$0] == word[0] && bytes[$0..<$0 + word.count] == word[...]
  }
}
