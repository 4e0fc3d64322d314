// A caller of the methods of a server, over its Unix socket: node:http and nothing of evapid's own tools.

import { type IncomingHttpHeaders, request } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface HttpAsk {
  readonly method?: string
  readonly path?: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string | number>>
}

/** One request. */
export function ask(
  socketPath: string,
  { method = 'POST', path = '/rpc', body, headers = {} }: HttpAsk,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers: { host: 'evapid', ...headers }, agent: false })
    call.once('error', reject)
    call.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    call.end(body)
  })
}

/** Calls a method. @returns its result, or code and message of its error */
export async function call(
  socketPath: string,
  method: string,
  ...params: readonly unknown[]
): Promise<unknown> {
  const { text } = await ask(socketPath, { body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 7 }) })
  const { jsonrpc, result, error, id } = JSON.parse(text)
  if (jsonrpc !== '2.0' || id !== 7) throw new Error(`not a reply to the call: ${text}`)
  return error ? [error.code, error.message] : result
}
