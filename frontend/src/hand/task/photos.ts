import type Compressor from 'compressorjs'
import { newKey } from '@/api'
import type { KeptFile } from '@/hand/outbox'

/** Photos of one submission. */
export const mostPhotos = 9
const longestEdge = 1600
const largestUpload = 8 * 1024 * 1024

type Compress = typeof Compressor
let loading: Promise<{ default: Compress }> | undefined

/** Loads the compressor ahead, while there is a connection. */
export function prepareCompressor(): Promise<{ default: Compress }> {
  loading ??= import('compressorjs').catch((thrown: unknown) => {
    loading = undefined
    throw thrown
  })
  return loading
}

function shrink(Shrinker: Compress, file: File): Promise<Blob> {
  return new Promise((resolve, reject) => {
    new Shrinker(file, {
      maxWidth: longestEdge,
      maxHeight: longestEdge,
      quality: 0.8,
      mimeType: 'image/jpeg',
      // Always written anew: what the camera embedded (place, device) does not leave the phone.
      strict: false,
      success: resolve,
      error: reject,
    })
  })
}

/** Bytes of a file; `Blob.arrayBuffer` is missing on the older of our phones' in-app browsers. */
export function bytesOf(file: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as ArrayBuffer)
    reader.onerror = () => reject(reader.error)
    reader.readAsArrayBuffer(file)
  })
}

/** A photo from the camera or the album, at most 1600 pixels long, ready to be kept. Throws when it is no picture.
 * Without the compressor (not loaded before the connection broke) the server makes it smaller. */
export async function preparePhoto(file: File): Promise<KeptFile> {
  let ready: Blob
  try {
    const { default: Shrinker } = await prepareCompressor().catch(() => {
      if (!/^image\/(jpeg|png)$/.test(file.type) || file.size > largestUpload) throw new Error('unreadable')
      return { default: undefined }
    })
    ready = Shrinker ? await shrink(Shrinker, file) : file
  } catch {
    throw new Error('unreadable')
  }
  return { key: newKey(), type: ready.type || 'image/jpeg', bytes: await bytesOf(ready) }
}

/** How many of `chosen` still fit beside `present`. */
export function room(present: number, chosen: number): number {
  return Math.max(0, Math.min(chosen, mostPhotos - present))
}
