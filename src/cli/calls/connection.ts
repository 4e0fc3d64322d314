// Calls to a running bus: over its Unix socket, or over HTTP. What the results mean is the callers' business.

import { lstatSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { UsageError } from '../../core/errors.ts'
import { type RpcPlace, rpcPlaces } from '../../gateway/rpc-place.ts'

/** Milliseconds that a bus may take to answer: longer than it gives itself. */
const PATIENCE = 65_000

/** Bytes of an answer that are taken. */
const LONGEST_ANSWER = 256 * 1024 * 1024

/** Nobody is there. The message says what to do about it, in lines. */
export class ConnectionError extends Error {}

/** The bus has refused a call. */
export class CallError extends Error {
  /** The code of the error. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** One call of a batch. */
export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

/** The options of a command line that say where the bus is. */
export const CONNECTION_OPTIONS = {
  socket: { type: 'string' },
  url: { type: 'string' },
  'token-env': { type: 'string' },
  'token-file': { type: 'string' },
} as const

/** What `--help` says of them. */
export const CONNECTION_HELP = `  --socket PATH        the Unix socket of the bus; by default those are tried where
                       a bus of this user or a service opens it
  --url URL            call over HTTP in its place: http://127.0.0.1:8480
  --token-env NAME     with --url: the variable that holds the token
  --token-file FILE    with --url: the file that holds the token`

/** What the command line says of it. */
export interface ConnectionOptions {
  readonly socket?: string | undefined
  readonly url?: string | undefined
  readonly 'token-env'?: string | undefined
  readonly 'token-file'?: string | undefined
}

/** What came back. */
interface Answer {
  readonly status: number
  readonly text: string
}

/** How a body gets there. */
type Way = (body: string) => Promise<Answer>

/** A bus that can be called. */
export class Connection {
  private readonly post: Way

  private constructor(post: Way) {
    this.post = post
  }

  /** @throws UsageError for options that make no sense, or a token that is not there */
  static of(options: ConnectionOptions, env: NodeJS.ProcessEnv, uid: number): Connection {
    const { socket, url } = options
    const token = readToken(options, env)
    if (url !== undefined) {
      if (socket !== undefined) throw new UsageError('--socket and --url are two places: give one')
      return new Connection(overHttp(endpointOf(url), token))
    }
    if (token !== undefined) throw new UsageError('a token is for --url: who may open the socket needs none')
    const places = socket === undefined ? rpcPlaces(env, uid) : [{ path: socket, shared: false }]
    return new Connection(overSockets(places, uid))
  }

  /**
   * @param params the parameters
   * @returns the result
   * @throws ConnectionError, CallError
   */
  async call(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = await this.post(JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }))
    return resultOf(parse(answer), answer)
  }

  /** Calls that are made together, in their order. @returns their results; what was refused is a CallError there */
  async callAll(calls: readonly Call[]): Promise<readonly unknown[]> {
    const batch = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', method, params, id }))
    const answer = await this.post(JSON.stringify(batch))
    const replies = parse(answer)
    if (!Array.isArray(replies)) {
      resultOf(replies, answer)
      throw new CallError(answer.status, `the answer to ${calls.length} calls is not a list`)
    }
    const byId = new Map(replies.map((reply) => [Reflect.get(Object(reply), 'id'), reply]))
    return calls.map((_, id) => {
      try {
        return resultOf(byId.get(id), answer)
      } catch (error) {
        if (error instanceof CallError) return error
        throw error
      }
    })
  }
}

function parse({ status, text }: Answer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CallError(status, `the answer is not JSON (HTTP status ${status}): is that an evapid?`)
  }
}

/** Of a reply of JSON-RPC, or of an error of HTTP: `{"error":{"code":...,"message":"..."}}`. @throws CallError */
function resultOf(reply: unknown, { status }: Answer): unknown {
  const object = Object(reply)
  if (Object.hasOwn(object, 'result')) return object.result
  const error = Object(object.error)
  const code = typeof error.code === 'number' ? error.code : status
  throw new CallError(code, typeof error.message === 'string' ? error.message : `HTTP status ${status}`)
}

function readToken(options: ConnectionOptions, env: NodeJS.ProcessEnv): string | undefined {
  const { 'token-env': name, 'token-file': file } = options
  if (name !== undefined && file !== undefined) throw new UsageError('--token-env and --token-file: give one')
  if (name !== undefined) {
    const token = env[name]
    if (!token) throw new UsageError(`--token-env: the variable ${name} is not set`)
    return token
  }
  if (file === undefined) return undefined
  try {
    const token = readFileSync(file, 'utf8').trim()
    if (/^[!-~]+$/.test(token)) return token
  } catch (error) {
    throw new UsageError(`--token-file: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new UsageError(`--token-file: ${file} does not hold one token`)
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`--url ${text}: expected http://HOST:PORT or https://HOST:PORT`)
  }
  if (url.pathname === '/') url.pathname = '/rpc'
  return url
}

function overHttp(url: URL, token: string | undefined): Way {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return async (body) => {
    try {
      const signal = AbortSignal.timeout(PATIENCE)
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
      return { status: response.status, text: await response.text() }
    } catch (error) {
      throw new ConnectionError(
        `cannot reach ${url.href}: ${reasonOf(error)}\nDoes evapid take HTTP there (--http ADDR)? Without --url it is reached over its Unix socket.`,
      )
    }
  }
}

/** Over the first of these that somebody listens on, which is then the one for all calls. */
function overSockets(places: readonly RpcPlace[], uid: number): Way {
  let found: string | undefined
  return async (body) => {
    const tried: string[] = []
    for (const { path, shared } of found === undefined ? places : [{ path: found, shared: false }]) {
      try {
        if (shared) checkOwner(path, uid)
        const answer = await post(path, body)
        found = path
        return answer
      } catch (error) {
        // Who has got the call may have carried it out: it is nobody else's then.
        if (!NOBODY_THERE.has(codeOf(error))) throw new ConnectionError(`${path}: ${reasonOf(error)}`)
        tried.push(`${path}: ${reasonOf(error)}`)
      }
    }
    const [only] = tried
    throw new ConnectionError(
      tried.length === 1
        ? `cannot reach a bus at ${only}\nIs evapid running? Its log says where it takes calls.`
        : `cannot reach a bus; tried\n${tried.map((line) => `  ${line}`).join('\n')}\nIs evapid running? If it runs as another user, run this as that user or as root, with --socket PATH: its log says where it takes calls.`,
    )
  }
}

/** Anybody may have made the file: what is said to it would be another's. */
function checkOwner(path: string, uid: number): void {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (file && file.uid !== uid)
    throw Object.assign(new Error('it belongs to another user'), { code: 'EPERM' })
}

function post(socketPath: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body)
    const headers = {
      host: 'evapid',
      'content-type': 'application/json',
      'content-length': bytes.length,
      connection: 'close',
    }
    const call = request({ socketPath, path: '/rpc', method: 'POST', headers, agent: false })
    call.setTimeout(PATIENCE, () => call.destroy(new Error(`no answer for ${PATIENCE / 1000} s`)))
    call.once('error', reject)
    call.once('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > LONGEST_ANSWER) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    call.end(bytes)
  })
}

/** Errors of connecting: no call has been made. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EACCES', 'EPERM'])

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'permission denied: it is for the user that the bus runs as, and for root',
  ENOTFOUND: 'the host name is not known',
  ECONNRESET: 'the connection was lost',
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer for ${PATIENCE / 1000} s`
  // fetch() says why in its cause.
  const cause = error.cause instanceof Error ? error.cause : error
  return REASONS[codeOf(cause)] ?? cause.message
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String(Reflect.get(error, 'code')) : ''
}
