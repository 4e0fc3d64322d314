// The class s: what scripts do with texts. The list of names; what they do is in the files beside this one.

import type { Transformation } from '../../../core/module.ts'
import { integerOf, namedTransformations, numberNow, textNow } from '../../../core/transformations.ts'
import { coreHash, digest } from './digests.ts'
import * as encodings from './encodings.ts'
import * as escapes from './escapes.ts'
import * as parts from './parts.ts'
import { strftime } from './strftime.ts'
import {
  bare,
  oneText,
  plain,
  type TransformationParser,
  textOf,
  withCharacter,
  withCounts,
  withNumber,
  withNumbers,
  withOptionalNumber,
  withText,
} from './text.ts'

const length: Transformation = {
  value: (value) => (typeof value === 'string' ? value.length : String(value).length),
}

/** Its text stays as it was written: `007` is 7 in an expression. */
const integer: Transformation = {
  value: (value) => (typeof value === 'number' ? value : integerOf(value)),
  text: (value) => (typeof value === 'number' || integerOf(value) !== null ? textOf(value) : null),
}

/** `{s.substr,start,length}`: a length that is written must not be negative. */
const substr: TransformationParser = (argument) => {
  const length = argument.parts(2)[1]
  if (length !== undefined && /^\s*-\s*[1-9]/.test(length)) return 'takes no negative length'
  return withNumbers(parts.substring)(argument)
}

/** `{s.select,index,separator}`: the separator is a single character, also a comma or a brace. */
const select: TransformationParser = (argument) => {
  const [first = '', rest = ''] = argument.parts(2)
  const index = argument.number(first)
  const separator = rest.charAt(0)
  if (index === undefined || !/^[\s\S][ \t\r\n]*$/.test(rest)) {
    return 'takes a number and a character that separates'
  }
  if (typeof index === 'number') {
    return { value: (value) => parts.select(textOf(value), index, separator) }
  }
  return {
    value(value, ctx) {
      const now = numberNow(index, ctx)
      return now === null ? null : parts.select(textOf(value), now, separator)
    },
  }
}

/** `{s.replace,what,with}` */
const replace: TransformationParser = (argument) => {
  const [first, second, third] = argument.parts(3)
  const what = first === undefined ? undefined : argument.text(first)
  const by = second === undefined ? undefined : argument.text(second)
  if (what === undefined || by === undefined || third !== undefined) {
    return 'takes two texts: what is replaced, and what by'
  }
  return {
    value(value, ctx) {
      const now = textNow(what, ctx)
      const then = textNow(by, ctx)
      return now === null || then === null ? null : parts.replace(textOf(value), now, then)
    },
  }
}

/** `{s.ftime,format}`: the value is a number of seconds. */
const time: TransformationParser = (argument) => {
  const { written } = argument
  const format = written === undefined ? undefined : oneText(argument, written)
  if (format === undefined) return 'takes a format as strftime(3) has it'
  return {
    value(value, ctx) {
      const seconds = typeof value === 'number' ? value : integerOf(value)
      const now = textNow(format, ctx)
      return seconds === null || now === null ? null : strftime(now, seconds)
    },
  }
}

export const strings = namedTransformations('s', {
  len: bare(length),
  int: bare(integer),
  numeric: plain((text) => text.replace(/[^0-9]+/g, '')),

  md5: plain(digest('md5')),
  sha256: plain(digest('sha256')),
  sha384: plain(digest('sha384')),
  sha512: plain(digest('sha512')),
  corehash: withOptionalNumber(0, coreHash),

  substr,
  select,
  strip: withNumber(parts.strip),
  striptail: withNumber(parts.stripTail),
  stripto: withCharacter(parts.stripTo),
  before: withCharacter(parts.before),
  after: withCharacter(parts.after),
  rbefore: withCharacter(parts.beforeLast),
  rafter: withCharacter(parts.afterLast),
  prefixes: withOptionalNumber(0, (text, most) => parts.prefixes(text, most, '')),
  'prefixes.quoted': withOptionalNumber(0, (text, most) => parts.prefixes(text, most, "'")),
  count: withCharacter(parts.count),
  rm: withText(parts.remove),
  replace,
  trim: plain((text) => parts.trimLeft(parts.trimRight(text))),
  ltrim: plain(parts.trimLeft),
  rtrim: plain(parts.trimRight),
  rmws: plain((text) => text.replace(/[ \t\r\n]+/g, '')),
  unquote: plain(parts.unquote),
  unbracket: plain(parts.unbracket),
  fmtlines: withCounts((text, lines, width) => parts.lines(text, lines, ' ', width)),
  fmtlinet: withCounts((text, lines, width) => parts.lines(text, lines, '\t', width)),

  tolower: plain(parts.lower),
  toupper: plain(parts.upper),

  'encode.hexa': plain(encodings.toHex),
  'decode.hexa': plain(encodings.fromHex),
  'encode.7bit': plain(encodings.toSevenBit),
  'decode.7bit': plain(encodings.fromSevenBit),
  'encode.base58': plain(encodings.toBase58),
  'decode.base58': plain(encodings.fromBase58),
  'encode.base64': plain(encodings.toBase64),
  'decode.base64': plain(encodings.fromBase64),
  'encode.base64t': plain(encodings.toBase64Trimmed),
  'decode.base64t': plain(encodings.fromBase64Trimmed),
  'encode.base64url': plain(encodings.toBase64Url),
  'decode.base64url': plain(encodings.fromBase64Url),
  'encode.base64urlt': plain(encodings.toBase64UrlTrimmed),
  'decode.base64urlt': plain(encodings.fromBase64Url),

  'escape.common': plain(escapes.escapeCommon),
  'unescape.common': plain(escapes.unescapeCommon),
  'escape.user': plain(escapes.escapeUser),
  'unescape.user': plain(escapes.unescapePercent),
  'escape.param': plain(escapes.escapeParam),
  'unescape.param': plain(escapes.unescapePercent),
  'escape.csv': plain(escapes.escapeCsv),
  'urlencode.param': plain(escapes.urlEncode),
  'urldecode.param': plain(escapes.urlDecode),

  ftime: time,
})
