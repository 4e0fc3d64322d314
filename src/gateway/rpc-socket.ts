// Calls over a Unix socket, so that a machine's own people need no port: POST /rpc, as `curl --unix-socket PATH http://evapid/rpc` sends it.
// Who may open the file may call everything: it is its owner's alone. node:http only; what uWebSockets.js serves is not here.

import { once } from 'node:events'
import { chmodSync, linkSync, lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import type { ListenError } from '../core/errors.ts'
import { listenError } from '../core/listen-error.ts'
import type { Runtime } from '../core/runtime.ts'
import { removeSocketFile, removeStale, socketInode } from '../core/socket-file.ts'
import { type HttpReply, JSON_TYPE, problem } from './http-reply.ts'
import { answerRpc } from './rpc.ts'

export interface RpcSocketLimits {
  /** Bytes of a request's body. */
  readonly body: number
  /** Bytes of a request's head. */
  readonly head: number
  readonly connections: number
  /** Milliseconds that a request may take to arrive. */
  readonly arrival: number
  /** Milliseconds that its calls may take. They are not ended, only not waited for. */
  readonly answer: number
  /** Milliseconds that close() waits for calls under way. */
  readonly drain: number
}

const LIMITS: RpcSocketLimits = {
  body: 4 * 1024 * 1024,
  head: 8192,
  connections: 64,
  arrival: 30_000,
  answer: 60_000,
  drain: 5000,
}

/** Bytes that the path of a socket may have (unix(7)), without the NUL. */
const LONGEST_PATH = 107

const NOT_FOUND = problem(404, 'not_found', 'there is only POST /rpc here')
const NOT_ALLOWED = problem(405, 'method_not_allowed', 'calls are made with POST', { allow: 'POST' })
const TOO_LATE = problem(
  504,
  'timeout',
  'the call has not come to an end yet; it goes on, and nobody hears of its result',
)

/** A listening socket for calls. */
export class RpcSocket {
  readonly path: string
  private readonly runtime: Runtime
  private readonly limits: RpcSocketLimits
  private readonly server: Server
  private readonly inode: number | undefined
  private closing: Promise<void> | undefined

  private constructor(
    runtime: Runtime,
    limits: RpcSocketLimits,
    server: Server,
    path: string,
    inode: number | undefined,
  ) {
    this.runtime = runtime
    this.limits = limits
    this.server = server
    this.path = path
    this.inode = inode
    const listen = (request: IncomingMessage, response: ServerResponse) => {
      this.handle(request, response).catch((error: unknown) => {
        runtime.log.debug({ err: error }, 'a request over the socket for calls came to nothing')
        response.destroy()
      })
    }
    server.on('request', listen)
    // Who asks first whether a large body is welcome is told so before it is sent.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.isTooLarge(request)) response.writeContinue()
      listen(request, response)
    })
  }

  /**
   * Listens. The file is there, with mode 0600, when calls are taken: nobody else can come in between. A stale one is removed.
   * @throws ListenError; with the reason EADDRINUSE when somebody listens there
   */
  static async open(
    runtime: Runtime,
    where: string,
    limits: Partial<RpcSocketLimits> = {},
  ): Promise<RpcSocket> {
    const all = { ...LIMITS, ...limits }
    const path = resolve(where)
    const server = createServer({
      maxHeaderSize: all.head,
      headersTimeout: all.arrival,
      requestTimeout: all.arrival,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: Math.min(1000, all.arrival),
    })
    server.maxConnections = all.connections
    try {
      checkOwner(path)
      await removeStale(path)
      const inode = await listen(server, path)
      return new RpcSocket(runtime, all, server, path, inode)
    } catch (error) {
      server.close()
      throw asListenError(path, error)
    }
  }

  /** Takes no more calls, and waits for those under way, for a while. */
  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    const { server } = this
    removeSocketFile(this.path, this.inode)
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), this.limits.drain)
    await closed
    clearTimeout(timer)
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.closing) response.setHeader('connection', 'close')
    const path = request.url?.split('?', 1)[0]
    if (path !== '/rpc') return refuse(request, response, NOT_FOUND)
    if (request.method !== 'POST') return refuse(request, response, NOT_ALLOWED)
    const body = this.isTooLarge(request) ? undefined : await this.read(request)
    if (!body) {
      return refuse(
        request,
        response,
        problem(413, 'too_large', `a request has at most ${this.limits.body} bytes`),
      )
    }
    const answer = await inTime(answerRpc(this.runtime.current, body), this.limits.answer)
    if (!answer) return refuse(request, response, TOO_LATE)
    if (answer.body) {
      response.writeHead(answer.status, { 'content-type': JSON_TYPE, 'content-length': answer.body.length })
      response.end(answer.body)
    } else response.writeHead(answer.status).end()
  }

  private isTooLarge(request: IncomingMessage): boolean {
    return Number(request.headers['content-length'] ?? 0) > this.limits.body
  }

  /** @returns undefined when it is too large; what is left is not read */
  private async read(request: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > this.limits.body) return undefined
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}

/** Says no. What is left of the request is not read: the connection ends with the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: HttpReply): void {
  // What problem() makes is a text.
  const body = Buffer.from(typeof refusal.body === 'string' ? refusal.body : '')
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(refusal.status, { ...refusal.headers, ...close, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** @returns undefined when the time was over first */
function inTime<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    // Nobody is kept waiting for it where the server is closed.
    const timer = setTimeout(resolve, ms, undefined).unref()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** In /tmp anybody may have made a file of that name. @throws Error with `code` */
function checkOwner(path: string): void {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (!file || file.uid === process.geteuid?.()) return
  throw Object.assign(new Error('the file that is there belongs to another user'), { code: 'EPERM' })
}

/**
 * Binds in a directory of our own, where nobody can reach the socket before its mode is right, and gives it its name then. That name is
 * taken by somebody or it is ours: a link does not replace what is there.
 * @returns the inode of the file
 */
async function listen(server: Server, path: string): Promise<number | undefined> {
  const directory = mkdtempSync(join(dirname(path), '.rpc-'))
  try {
    const hidden = join(directory, 's')
    // libuv cuts off what is too long.
    if (Buffer.byteLength(hidden) > LONGEST_PATH || Buffer.byteLength(path) > LONGEST_PATH) {
      throw Object.assign(new Error('the path is too long'), { code: 'ENAMETOOLONG' })
    }
    server.listen(hidden)
    await once(server, 'listening')
    chmodSync(hidden, 0o600)
    linkSync(hidden, path)
    return socketInode(path)
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') throw Object.assign(error, { code: 'EADDRINUSE' })
    throw error
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}

function asListenError(path: string, error: unknown): ListenError {
  return listenError(`unix:${path}`, error)
}
