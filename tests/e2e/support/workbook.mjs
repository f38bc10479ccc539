// Fills in a workbook as a person does: opens the .xlsx, writes rows beneath the header, saves it.
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

/** The files of a zip archive, by name. */
export function unzip(bytes) {
  const files = new Map()
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const packed = bytes.readUInt16LE(at + 10) === 8
    const size = bytes.readUInt32LE(at + 20)
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const local = bytes.readUInt32LE(at + 42)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const content = bytes.subarray(start, start + size)
    files.set(name, packed ? inflateRawSync(content) : Buffer.from(content))
    at += 46 + nameLength + extra + comment
  }
  return files
}

export function zip(files) {
  const parts = []
  const directory = []
  let offset = 0
  for (const [name, content] of files) {
    const packed = deflateRawSync(content)
    const label = Buffer.from(name, 'utf8')
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x0800, 2)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt16LE(0x21, 8)
    facts.writeUInt32LE(crc32(content), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(content.length, 18)
    facts.writeUInt16LE(label.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), facts, label, packed)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, tail, label)
    offset += 30 + label.length + packed.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(files.size, 8)
  end.writeUInt16LE(files.size, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, list, end])
}

const escape = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign])

/** The template with rows of texts beneath its header. */
export function fillIn(template, rows) {
  const files = unzip(template)
  const name = 'xl/worksheets/sheet1.xml'
  const sheet = files.get(name).toString('utf8')
  const cell = (text, row, column) =>
    text === ''
      ? ''
      : `<c r="${String.fromCharCode(65 + column)}${row}" t="inlineStr"><is><t>${escape(text)}</t></is></c>`
  const lines = rows.map(
    (row, index) =>
      `<row r="${index + 2}">${row.map((text, column) => cell(text, index + 2, column)).join('')}</row>`,
  )
  const filled = sheet
    .replace(/<dimension [^>]*>/, '')
    .replace('</sheetData>', `${lines.join('')}</sheetData>`)
  if (filled.length <= sheet.length) throw new Error('the template has no rows to write beneath')
  files.set(name, Buffer.from(filled))
  return zip(files)
}
