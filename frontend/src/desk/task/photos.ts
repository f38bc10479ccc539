import { onScopeDispose, ref, watch } from 'vue'
import type { Ref } from 'vue'
import { callFile } from '@/api'

export interface Photo {
  id: string
  /** Address of the loaded picture; empty while it loads. */
  url: string
  failed: boolean
}

/** Loads pictures with the signed-in person's token; their memory is given back when the part goes. */
export function usePhotos(ids: () => readonly string[]): Ref<Photo[]> {
  const photos = ref<Photo[]>([])
  let gone = false
  const release = () => photos.value.forEach((one) => one.url && URL.revokeObjectURL(one.url))

  watch(
    () => ids().join(),
    () => {
      release()
      photos.value = ids().map((id) => ({ id, url: '', failed: false }))
      for (const photo of photos.value) void load(photo)
    },
    { immediate: true },
  )
  async function load(photo: Photo): Promise<void> {
    try {
      const { blob } = await callFile('get_attachment', { path: { id: photo.id } })
      if (gone || !photos.value.includes(photo)) return
      photo.url = URL.createObjectURL(blob)
    } catch {
      photo.failed = true
    }
  }
  onScopeDispose(() => {
    gone = true
    release()
  })
  return photos
}
