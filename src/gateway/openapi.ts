// `GET /openapi.json`: what the gateway answers to, in the words of OpenAPI 3.1. It is made of what the endpoints say of themselves, and of what the server answers
// in their place.

import type { Endpoint, EndpointDoc } from './endpoint.ts'
import { type HttpReply, JSON_TYPE, json } from './http-reply.ts'

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }

/** What is said of an endpoint that says nothing of itself. */
const UNSAID: EndpointDoc = { summary: '', responses: {} }

const ERROR = { $ref: '#/components/schemas/Error' }

/**
 * The endpoint that describes all of them.
 * @param endpoints all that there are; asked for when somebody asks
 */
export function openApiEndpoint(endpoints: () => Iterable<Endpoint>, version: string): Endpoint {
  let made: HttpReply | undefined
  return {
    method: 'GET',
    path: '/openapi.json',
    scope: undefined,
    doc: {
      summary: 'This description.',
      responses: { 200: { doc: 'OpenAPI 3.1.' } },
    },
    handle: () => {
      made ??= json(200, describe(endpoints(), version))
      return made
    },
  }
}

/** The document. */
export function describe(endpoints: Iterable<Endpoint>, version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const endpoint of endpoints) {
    // OpenAPI has no name for a parameter that takes all that follows.
    const path = endpoint.path.replaceAll('*}', '}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'evapid',
      version,
      description:
        'The gateway of an event bus. Scopes are read, publish and admin, each of which includes those before it. Where no token is configured, whoever reaches the gateway may do everything.',
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: {
                code: { type: 'string', description: 'Stable, for programs.' },
                message: { type: 'string', description: 'For people.' },
              },
            },
          },
        },
      },
    },
  }
}

function operation(endpoint: Endpoint): Json {
  const { summary, parameters = [], body } = endpoint.doc ?? UNSAID
  const { scope } = endpoint
  return {
    summary,
    ...(scope === undefined
      ? { security: [] }
      : { security: [{ token: [] }], description: `Needs a token of scope ${scope}.` }),
    parameters: parameters.map(({ name, in: where, doc, repeated, required }) => ({
      name,
      in: where,
      description: doc,
      required: required ?? false,
      schema: repeated ? { type: 'array', items: { type: 'string' } } : { type: 'string' },
    })),
    ...(body
      ? {
          requestBody: {
            description: body.doc,
            content: { [body.type]: { schema: {} } },
          },
        }
      : {}),
    responses: responses(endpoint),
  }
}

function responses(endpoint: Endpoint): Json {
  const all: Record<string, Json> = {}
  for (const [status, doc] of Object.entries(statusesOf(endpoint))) {
    const { type = JSON_TYPE } = doc
    const isError = Number(status) >= 400 && type === JSON_TYPE
    all[status] = {
      description: doc.doc,
      ...(status === '101' || status === '204'
        ? {}
        : { content: { [type]: { schema: isError ? ERROR : {} } } }),
    }
  }
  return all
}

/** By status, what is answered to a request of the endpoint: by itself, and by the server in its place. */
export function statusesOf({ method, scope, limited, doc = UNSAID }: Endpoint): EndpointDoc['responses'] {
  const servers: Record<number, string> = {
    400: 'There is a token in the URL.',
    401: 'The token is not known.',
    403: 'The Origin is a site that is not listed, or the address may not be here.',
    421: 'The Host is no name of the gateway.',
    500: 'It failed; the log says why.',
    503: 'As many requests wait for their replies as may (max_requests), or the server closes.',
    504: 'No reply within request_timeout.',
  }
  if (scope !== undefined) {
    servers[401] = 'There is no token, or it is not known.'
    servers[403] += ` Or the token is of a scope below ${scope}.`
  }
  if (method === 'POST') {
    servers[408] = 'The body did not come within request_timeout.'
    servers[413] = 'The body is larger than max_message_size.'
  }
  if (limited) servers[429] = 'More than rate_limit lets this address have.'
  const all: Record<number, { doc: string; type?: string }> = {}
  for (const [status, text] of Object.entries(servers)) all[Number(status)] = { doc: text }
  for (const [status, own] of Object.entries(doc.responses)) {
    const server = all[Number(status)]
    all[Number(status)] = server ? { ...own, doc: `${own.doc} ${server.doc}` } : own
  }
  return all
}
