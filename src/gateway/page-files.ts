// The files of the page, as HTTP serves them: read once, when the gateway starts. The page's own are made by the build (dist/gateway/page),
// those of uPlot come out of its package.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GatewayError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Endpoint } from './endpoint.ts'
import { type HttpReply, PAGE_HEADERS } from './http-reply.ts'

/** One file. */
export interface PageFile {
  readonly body: Uint8Array
  readonly contentType: string
  /** With its quotes, as the header has it. */
  readonly etag: string
}

/** By path: `/` and `/page/...`. */
export type PageFiles = ReadonlyMap<string, PageFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The same from src/ and from dist/. */
const DIRECTORY = new URL('../../dist/gateway/page/', import.meta.url)

/** @throws GatewayError when they are not there: evapid was not built */
export function readPageFiles(directory: URL = DIRECTORY): PageFiles {
  const files = new Map<string, PageFile>()
  try {
    for (const name of readdirSync(directory)) {
      if (TYPES[extname(name)] === undefined) continue
      files.set(name === 'index.html' ? '/' : `/page/${name}`, read(new URL(name, directory), name))
    }
    const uplot = uplotDirectory()
    files.set('/page/uplot.js', read(new URL('uPlot.esm.js', uplot), 'uplot.js'))
    files.set('/page/uplot.css', read(new URL('uPlot.min.css', uplot), 'uplot.css'))
  } catch (error) {
    throw new GatewayError(
      `the page cannot be read: ${error instanceof Error ? error.message : String(error)}; npm run build:ts makes it`,
    )
  }
  if (!files.has('/'))
    throw new GatewayError(`there is no page in ${fileURLToPath(directory)}; npm run build:ts makes it`)
  return files
}

/** The same; without them there is no page, and the log says so: all else works. */
export function readPage(log: Log): PageFiles {
  try {
    return readPageFiles()
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    log.warn({ code: error.code }, error.message)
    return new Map()
  }
}

/** What serves them. Everybody may have them: they say nothing about the bus. */
export function pageEndpoints(files: PageFiles): readonly Endpoint[] {
  return Array.from(files, ([path, file]): Endpoint => {
    const { body, contentType, etag } = file
    const common = { etag, 'cache-control': 'no-cache' }
    const whole: HttpReply = {
      status: 200,
      headers: { 'content-type': contentType, ...common, ...PAGE_HEADERS },
      body,
    }
    const unchanged: HttpReply = { status: 304, headers: { ...common, ...PAGE_HEADERS } }
    return {
      method: 'GET',
      path,
      scope: undefined,
      handle: ({ headers }) => (knows(headers.get('if-none-match'), etag) ? unchanged : whole),
    }
  })
}

/** Whether a browser has it already (RFC 9110 section 13.1.2). */
function knows(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((known) => {
    const tag = known.trim()
    return tag === '*' || tag.replace(/^W\//, '') === etag
  })
}

function read(file: URL, name: string): PageFile {
  const body = readFileSync(file)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { body, contentType: TYPES[extname(name)] ?? 'application/octet-stream', etag }
}

function uplotDirectory(): URL {
  // Its main file is in the directory that its other builds are in.
  return new URL('./', `file://${createRequire(import.meta.url).resolve('uplot')}`)
}
