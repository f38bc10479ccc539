/** A moment of the interface as pickers take it: the clock of Beijing without a zone, `2026-11-22T09:30`. */
export function toPicker(time: string): string {
  return new Date(new Date(time).getTime() + 8 * 3_600_000).toISOString().slice(0, 16)
}
/** What a picker gave, read as Beijing's clock whatever the zone of the device. */
export function fromPicker(local: string): string {
  return `${local.slice(0, 16)}:00+08:00`
}
