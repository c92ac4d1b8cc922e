// What Accord's TOML reader says of documents, for a test that asks another reader about the same ones
// (ProgramTests/test_tomllib.py).
//
// Standard input: for each document a line with its number of bytes, then the bytes. Standard output: for each a line
// of JSON, {"problem": "…"} or {"table": [{"key": …, …}]}; every value is the member that names its kind.

import Foundation
import JSON
import TOML

extension JSONWriter {
  mutating func members(_ value: TOMLValue) {
    switch value.kind {
    case .string(let string): member("string", string)
    case .integer(let integer): member("integer", integer)
    case .boolean(let boolean): member("boolean", boolean)
    case .date(let date): member("date", date.description)
    case .array(let elements):
      array("array") { writer in for element in elements { writer.object { $0.members(element) } } }
    case .table(let table): member(table)
    }
  }

  mutating func member(_ table: TOMLTable) {
    array("table") { writer in
      for entry in table.entries {
        writer.object {
          $0.member("key", entry.key)
          $0.members(entry.value)
        }
      }
    }
  }
}

func verdict(_ document: [UInt8]) -> String {
  var writer = JSONWriter()
  writer.object {
    do throws(TOMLError) {
      $0.member(try TOMLDocument.parse(document))
    } catch {
      $0.member("problem", error.problem)
    }
  }
  return writer.text
}

var rest = Array(FileHandle.standardInput.readDataToEndOfFile())[...]
while let end = rest.firstIndex(of: UInt8(ascii: "\n")),
  let count = Int(String(decoding: rest[..<end], as: UTF8.self))
{
  print(verdict(Array(rest.dropFirst(end + 1 - rest.startIndex).prefix(count))))
  rest = rest[(end + 1 + count)...]
}
