// uWebSockets.js: the one door to it. It is loaded when a gateway starts, so that a server without one neither needs it nor pays for it.

import type * as Uws from 'uWebSockets.js'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { GatewayError } from '../core/errors.ts'

export type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  TemplatedApp as UwsApp,
  us_listen_socket as UwsListenSocket,
  us_socket_context_t as UwsContext,
  WebSocket as UwsWebSocket,
  WebSocketBehavior as UwsBehavior,
} from 'uWebSockets.js'

export type UwsLibrary = typeof Uws

/** Nobody else shares the port: without it a second daemon would silently get half of the connections. */
export const EXCLUSIVE_PORT = 1

const require = createRequire(import.meta.url)

/**
 * Loads the library.
 * @throws GatewayError where it has no binary for this Node: its own answer to that would be another, slow implementation, and a note on stdout
 */
export function loadUws(): UwsLibrary {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`
  const main = mainFile()
  // Beside the main file in the official builds, in a folder of its own in the one from npm.
  const places = [dirname(main), join(dirname(main), '..', 'binaries')]
  if (!places.some((place) => existsSync(join(place, name)))) throw unusable(`it has no ${name}`)
  try {
    const library: UwsLibrary = require(main)
    return library
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error))
  }
}

function mainFile(): string {
  try {
    return require.resolve('uWebSockets.js')
  } catch {
    throw unusable('it is not installed')
  }
}

function unusable(why: string): GatewayError {
  return new GatewayError(
    `HTTP and WebSocket need uWebSockets.js, which does not run on this Node ${process.versions.node}: ${why}. Use Node 20, ` +
      'or install the official build for yours in its place (npm install uWebSockets.js@uNetworking/uWebSockets.js#v20.x.0); ' +
      'with --http off all else works without',
  )
}
