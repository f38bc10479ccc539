const files = new WeakMap<Blob, number>()
let counted = 0

/** A file is the same as long as it is the same object: its content is not read to compare it. */
function fileName(file: Blob): string {
  const known = files.get(file) ?? ++counted
  files.set(file, known)
  return `file ${known}`
}

/** Two inputs have the same name if they ask for the same. */
export function nameOf(input: object): string {
  return JSON.stringify(input, (_key, value: unknown) => {
    if (!(value instanceof FormData)) return value
    return Array.from(value.entries(), ([field, part]) => [
      field,
      typeof part === 'string' ? part : fileName(part),
    ])
  })
}
