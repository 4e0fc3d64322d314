// The package's face: everything that `import ... from 'evapid'` gives. The client library is 'evapid/client'.

export { type Config, defineConfig } from './config.ts'
export { formatAddress } from './core/address.ts'
export { ContextKey, RouteContext } from './core/context.ts'
export {
  AssignmentError,
  CallError,
  CancelledError,
  ConfigError,
  ContinuedElsewhereError,
  EvapidError,
  ListenError,
  type Mistake,
  NoClientError,
  PlanError,
  RouteFileError,
  RpcError,
  ScriptFileError,
  ServerClosingError,
  SuspendError,
  SuspendTimeoutError,
  SuspensionError,
  TemplateError,
} from './core/errors.ts'
export { JsonObject, JsonReal, type JsonValue } from './core/json/value.ts'
export type { Log, LogLevel, LogMethod, LogOptions, LogSetting } from './core/log.ts'
export {
  type Argument,
  defineFunction,
  defineModule,
  type EventRoute,
  eventRoute,
  type FunctionParameter,
  type Module,
  type ModuleFunction,
} from './core/module.ts'
export { choice, flag, integer, type Parameter, string } from './core/parameters.ts'
export {
  indexNow,
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvIndex,
  type PvValue,
} from './core/pseudovariables.ts'
export type { RouteHandler } from './core/routes.ts'
export { defineAsyncRpc, defineRpc, type RpcMethod, type RpcParameter } from './core/rpc.ts'
export { type Runtime, StateKey } from './core/runtime.ts'
export type { Scope } from './core/scopes.ts'
export type { BoundAddress, Client, CloseReason, Data, Message } from './dispatcher.ts'
export { ClosedContext, ConnectionContext, type EvapiParameters, MessageContext } from './modules/evapi.ts'
export { createServer, type ListenOptions, type Reload, Server } from './server.ts'
export type { Origin } from './sip/origin.ts'
export type { SipRequest } from './sip/request.ts'
export type { HeaderValues } from './tm/header-lines.ts'
export type { Reply, RequestInit } from './tm/local-request.ts'
export { type ReplyOptions, RequestContext, type TransactionId } from './tm/request-context.ts'
