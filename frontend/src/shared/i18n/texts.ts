import type { root } from '../texts'

export type Locale = 'zh-CN' | 'en'
export interface TextTree {
  [key: string]: string | TextTree
}
/** English has the keys of the Chinese: `export default { … } satisfies English<typeof zh>`. */
export type English<T> = { [K in keyof T]: T[K] extends string ? string : English<T[K]> }

export type Load = () => Promise<{ default: TextTree }>
/** Chinese, part of the frame or loaded with its page; English, loaded where it is spoken. */
export type Spoken = readonly [TextTree | Load, Load]
export type RoomTexts = Record<string, Spoken>

/** Which texts there are: each face adds its own (desk/texts.ts, hand/texts.ts). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Faces {}

type Chinese<S extends Spoken> = S[0] extends () => Promise<{ default: infer T }> ? T : S[0]
type Leaves<T, P extends string> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Leaves<T[K], `${P}${K}.`>
}[keyof T & string]
type RoomLeaves<R> = {
  [K in keyof R & string]: R[K] extends Spoken ? Leaves<Chinese<R[K]>, `${K}.`> : never
}[keyof R & string]
type OfFaces = { [F in keyof Faces]: RoomLeaves<Faces[F]> }[keyof Faces]

/** The key of a text: `common.retry`, `grid.title`. A key that no tree has does not compile. */
export type TextKey = Leaves<Chinese<typeof root>, ''> | OfFaces
