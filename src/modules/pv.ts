// The pv module: the pseudo-variables and transformations that are always there (Kamailio's pv and tmx modules). Each family is in a file of its own
// in pv/; $null is the registry's.

import { defineModule } from '../core/module.ts'
import { strings as stringList } from '../core/parameters.ts'
import { avp } from './pv/avp.ts'
import { calendarVariables } from './pv/calendar.ts'
import { flagVariables } from './pv/flags.ts'
import { pvScriptFunctions } from './pv/functions.ts'
import { headerVariables } from './pv/headers.ts'
import { pvFunctions } from './pv/kemi.ts'
import { messageVariables } from './pv/message.ts'
import { originVariables } from './pv/origin.ts'
import { processVariables } from './pv/process.ts'
import { requestUriVariables } from './pv/request-uri.ts'
import { scriptVariables } from './pv/script.ts'
import { timeVariables } from './pv/time.ts'
import { transactionVariables } from './pv/transaction.ts'
import { absentTransformations } from './pv/transformations/absent.ts'
import { lines } from './pv/transformations/lines.ts'
import { nameAddresses, toBodies } from './pv/transformations/name-address.ts'
import { params } from './pv/transformations/params.ts'
import { sockets } from './pv/transformations/sockets.ts'
import { strings as texts } from './pv/transformations/string.ts'
import { uriAliases, uris } from './pv/transformations/uri.ts'
import { values } from './pv/transformations/values.ts'
import {
  assignShared,
  assignVariable,
  nullVariables,
  sharedVariableMethods,
  sharedVariables,
  variables,
  zeroVariables,
} from './pv/var.ts'
import { xavp } from './pv/xavp.ts'

/** `name=i:7`, `name=s:text`. */
const ASSIGNMENT = /^([^=]+)=(?:i:(-?\d+)|s:(.*))$/s

const assignments = (doc: string) =>
  stringList({ expected: '"name=i:7" or "name=s:text"', check: (text) => ASSIGNMENT.test(text), doc })

/** What an assignment says; it has been checked. */
function readAssignment(text: string): readonly [name: string, value: string | number] {
  const [, name = '', number, value = ''] = ASSIGNMENT.exec(text) ?? []
  return [name, number === undefined ? value : Number(number)]
}

export const pv = defineModule({
  name: 'pv',
  parameters: {
    shvset: assignments('What a $shv is from the start: `name=i:7` or `name=s:text`.'),
    varset: assignments('What a $var is from the start: `name=i:7` or `name=s:text`.'),
  },
  start(runtime, { shvset, varset }) {
    for (const text of shvset) assignShared(runtime, ...readAssignment(text))
    for (const text of varset) assignVariable(runtime, ...readAssignment(text))
  },
  functions: pvScriptFunctions,
  kemi: pvFunctions,
  rpc: sharedVariableMethods,
  pseudoVariables: {
    var: variables,
    vz: zeroVariables,
    vn: nullVariables,
    shv: sharedVariables,
    avp,
    xavp,
    ...headerVariables,
    ...requestUriVariables,
    ...originVariables,
    ...transactionVariables,
    ...timeVariables,
    ...calendarVariables,
    ...flagVariables,
    ...messageVariables,
    ...processVariables,
    ...scriptVariables,
  },
  transformations: {
    s: texts,
    uri: uris,
    urialias: uriAliases,
    param: params,
    nameaddr: nameAddresses,
    tobody: toBodies,
    line: lines,
    val: values,
    // Kamailio has it in corex.
    sock: sockets,
    ...absentTransformations,
  },
})
