/** One faulty field: `field` is the path in the request body, e.g. `items[0].what`. */
export interface FieldError {
  field: string
  code: string
  message: string
}

interface ProblemBody {
  type?: string
  title?: string
  status?: number
  code?: string
  detail?: string | null
  errors?: FieldError[]
  trace_id?: string
}

/** What went wrong with a request, in the server's words. Codes of our own, where the server said
 * nothing: `network` (it was not reached) and `unexpected` (it answered something else than a problem). */
export class Problem extends Error {
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly traceId: string | undefined

  constructor(body: ProblemBody, status: number) {
    super(body.detail || body.title || body.code || 'unexpected')
    this.name = 'Problem'
    this.code = body.code ?? 'unexpected'
    this.title = body.title ?? ''
    this.detail = body.detail ?? undefined
    this.status = status
    this.errors = body.errors ?? []
    this.traceId = body.trace_id
  }

  static network(): Problem {
    return new Problem({ code: 'network' }, 0)
  }

  static from(body: unknown, status: number): Problem {
    const known = typeof body === 'object' && body !== null && typeof (body as ProblemBody).code === 'string'
    return new Problem(known ? (body as ProblemBody) : { code: 'unexpected' }, status)
  }

  /** Any thrown value as a problem. */
  static of(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown
    return new Problem({ code: 'unexpected', title: thrown instanceof Error ? thrown.message : '' }, 0)
  }

  is(...codes: string[]): boolean {
    return codes.includes(this.code)
  }

  /** Whether our server has looked at the request and said no. Otherwise it may have been done all the same, or may be
   * done later: nobody was reached, the server cannot answer now, one has to sign in first, or what came back is not in
   * the server's own form and so from something in between. */
  get refused(): boolean {
    if (this.is('network', 'unexpected')) return false
    return this.status < 500 && ![401, 408, 429].includes(this.status)
  }

  /** Whether it was refused because what the page shows is no longer so. */
  get outdated(): boolean {
    return this.refused && [404, 409, 412, 428].includes(this.status)
  }
}
