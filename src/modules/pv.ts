// The pv module: the pseudo-variables and transformations that are always there (Kamailio's pv and tmx modules). Each family is in a file of its own
// in pv/; $null is the registry's.

import { defineModule } from '../core/module.ts'
import { avp } from './pv/avp.ts'
import { headerVariables } from './pv/headers.ts'
import { pvFunctions } from './pv/kemi.ts'
import { originVariables } from './pv/origin.ts'
import { requestUriVariables } from './pv/request-uri.ts'
import { timeVariables } from './pv/time.ts'
import { transactionVariables } from './pv/transaction.ts'
import { absentTransformations } from './pv/transformations/absent.ts'
import { lines } from './pv/transformations/lines.ts'
import { nameAddresses, toBodies } from './pv/transformations/name-address.ts'
import { params } from './pv/transformations/params.ts'
import { sockets } from './pv/transformations/sockets.ts'
import { strings } from './pv/transformations/string.ts'
import { uriAliases, uris } from './pv/transformations/uri.ts'
import { values } from './pv/transformations/values.ts'
import { sharedVariableMethods, sharedVariables, variables } from './pv/var.ts'
import { xavp } from './pv/xavp.ts'

export const pv = defineModule({
  name: 'pv',
  kemi: pvFunctions,
  rpc: sharedVariableMethods,
  pseudoVariables: {
    var: variables,
    shv: sharedVariables,
    avp,
    xavp,
    ...headerVariables,
    ...requestUriVariables,
    ...originVariables,
    ...transactionVariables,
    ...timeVariables,
  },
  transformations: {
    s: strings,
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
