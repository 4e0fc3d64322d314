// The kex module: flags of branches and scripts, and whether a URI is ours (Kamailio's kex); and $stat, whose
// numbers are the statistics module's.

import type { ContextKey } from '../core/context.ts'
import {
  defineFunction,
  defineKemiFunction,
  defineModule,
  type KemiFunction,
  type ModuleFunction,
} from '../core/module.ts'
import { isMyself } from './core/myself.ts'
import {
  BRANCH_FLAGS,
  checkFlag,
  FLAGS,
  type FlagSet,
  isFlagSet,
  resetFlag,
  SCRIPT_FLAGS,
  setFlag,
} from './pv/flags.ts'
import { statVariable } from './statistics/counters.ts'

const FLAG = { name: 'flag', type: 'integer', check: checkFlag(FLAGS) } as const
/** 0 is the request itself, the only branch there is. */
const BRANCH = { name: 'branch', type: 'integer', optional: true } as const

type Change = (ctx: Parameters<typeof setFlag>[0], kind: ContextKey<FlagSet>, flag: number) => number

function branchFlag(doc: string, change: Change): ModuleFunction {
  return defineFunction({
    parameters: [FLAG, BRANCH],
    kemi: { hidden: true },
    doc: `${doc} ($bf); of branch 0, the request itself, where a branch is said: there is no other.`,
    call: (ctx, flag, branch = 0) => (branch === 0 ? change(ctx, BRANCH_FLAGS, flag) : -1),
  })
}

function scriptFlag(name: string, doc: string, change: Change): ModuleFunction {
  return defineFunction({
    parameters: [FLAG],
    kemi: { name: `KSR.${name}`, returns: 'boolean' },
    doc: `${doc} ($sf).`,
    call: (ctx, flag) => change(ctx, SCRIPT_FLAGS, flag),
  })
}

function branchFlagInKemi(doc: string, change: Change): KemiFunction {
  return defineKemiFunction({
    parameters: [{ name: 'flag', type: 'integer' }],
    returns: 'boolean',
    doc,
    call: (ctx, flag) => change(ctx, BRANCH_FLAGS, flag) > 0,
  })
}

function flagOfBranchInKemi(doc: string, change: Change): KemiFunction {
  return defineKemiFunction({
    parameters: [
      { name: 'flag', type: 'integer' },
      { name: 'branch', type: 'integer' },
    ],
    returns: 'boolean',
    doc,
    call: (ctx, flag, branch) => branch === 0 && change(ctx, BRANCH_FLAGS, flag) > 0,
  })
}

export const kex = defineModule({
  name: 'kex',
  pseudoVariables: { stat: statVariable },
  functions: {
    setsflag: scriptFlag('setsflag', 'Sets a flag of the script', setFlag),
    resetsflag: scriptFlag('resetsflag', 'Resets a flag of the script', resetFlag),
    issflagset: scriptFlag('issflagset', 'Whether a flag of the script is set', isFlagSet),
    setbflag: branchFlag('Sets a flag of a branch', setFlag),
    resetbflag: branchFlag('Resets a flag of a branch', resetFlag),
    isbflagset: branchFlag('Whether a flag of a branch is set', isFlagSet),
    is_myself: defineFunction({
      parameters: [{ name: 'uri', type: 'string' }],
      kemi: { hidden: true },
      doc: 'Whether a URI, or a host with or without port, names an address that SIP is listened on, or an alias.',
      call: (ctx, uri) => (isMyself(ctx, uri) ? 1 : -1),
    }),
  },
  kemi: {
    'KSR.setbflag': branchFlagInKemi('Sets a flag of the branch that the request itself is ($bf).', setFlag),
    'KSR.resetbflag': branchFlagInKemi('Resets a flag of that branch.', resetFlag),
    'KSR.isbflagset': branchFlagInKemi('Whether a flag of that branch is set.', isFlagSet),
    'KSR.setbiflag': flagOfBranchInKemi('Sets a flag of a branch: 0 is the only one.', setFlag),
    'KSR.resetbiflag': flagOfBranchInKemi('Resets a flag of a branch: 0 is the only one.', resetFlag),
    'KSR.isbiflagset': flagOfBranchInKemi('Whether a flag of a branch is set: 0 is the only one.', isFlagSet),
  },
})
