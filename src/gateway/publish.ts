// Publishing over HTTP: the body of a request is a message for everybody, for a group, or for one client.

import { type Dispatcher, MAX_TAG } from '../dispatcher.ts'
import type { Endpoint, EndpointDoc } from './endpoint.ts'
import { type HttpReply, json, problem } from './http-reply.ts'
import type { HttpRequest } from './http-request.ts'

const EMPTY = problem(400, 'empty', 'a message has at least one byte: it is the body of the request')
const TAG_TOO_LONG = problem(400, 'bad_tag', `a tag has at most ${MAX_TAG} bytes`)
const FULL = problem(503, 'busy', 'as many messages wait as may (context_mlimit)', { 'retry-after': '1' })
const CLOSING = problem(503, 'closing', 'the server closes')

/**
 * `POST /relay`, `/multicast/{tag}`, `/unicast/{tag}`. What they answer is to how many clients the message is addressed: who counts is
 * connected and admitted, as native/ has it. Nobody is no error: a bus does not know who should be there.
 */
export function publishEndpoints(dispatcher: Dispatcher): readonly Endpoint[] {
  return [
    endpoint('/relay', 'Sends the body, as one message, to every client.', ({ body }) =>
      sent(dispatcher, body, dispatcher.audience(), () => dispatcher.relay(body)),
    ),
    endpoint(
      '/multicast/{tag}',
      'Sends the body, as one message, to every client with this tag.',
      ({ body, parameters: { tag = '' } }) =>
        toTag(tag, () =>
          sent(dispatcher, body, dispatcher.audience(tag), () => dispatcher.multicast(body, tag)),
        ),
    ),
    endpoint(
      '/unicast/{tag}',
      'Sends the body, as one message, to the client with this tag that has the lowest connection index.',
      ({ body, parameters: { tag = '' } }) =>
        toTag(tag, () =>
          sent(dispatcher, body, Math.min(dispatcher.audience(tag), 1), () => dispatcher.unicast(body, tag)),
        ),
    ),
  ]
}

function endpoint(path: string, summary: string, handle: (request: HttpRequest) => HttpReply): Endpoint {
  const doc: EndpointDoc = {
    summary,
    ...(path.includes('{tag}')
      ? {
          parameters: [
            {
              name: 'tag',
              in: 'path',
              required: true,
              doc: `The tag, of at most ${MAX_TAG} bytes in UTF-8.`,
            },
          ],
        }
      : {}),
    body: {
      type: 'application/octet-stream',
      doc: 'The message, as it is: its content type does not matter.',
    },
    responses: {
      202: { doc: 'It goes out. `{"clients":N}`: to so many; 0 is no error.' },
      400: { doc: 'There is no body, or the tag is too long.' },
      503: { doc: 'As many messages wait as may (context_mlimit), or the server closes.' },
    },
  }
  return { method: 'POST', path, scope: 'publish', limited: true, doc, handle }
}

function toTag(tag: string, send: () => HttpReply): HttpReply {
  return Buffer.byteLength(tag) > MAX_TAG ? TAG_TOO_LONG : send()
}

/** The count is asked for before: both happen in one turn of JavaScript, between which nobody comes or goes. */
function sent(dispatcher: Dispatcher, body: Uint8Array, clients: number, send: () => boolean): HttpReply {
  if (body.length === 0) return EMPTY
  if (!dispatcher.accepting) return CLOSING
  // A tag that nobody has is why it goes to nobody, and not a limit.
  if (!send() && clients > 0) return FULL
  return json(202, { clients })
}
