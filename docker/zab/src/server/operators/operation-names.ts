// The four letters by which `cons` names a connection's last operation.

import { OpCode } from '../../../../../harness/wire/constants.ts';

const names: ReadonlyMap<number, string> = new Map([
  [OpCode.CREATE_SESSION, 'SESS'],
  [OpCode.CLOSE_SESSION, 'CLOS'],
  [OpCode.PING, 'PING'],
  [OpCode.CREATE, 'CREA'],
  [OpCode.CREATE2, 'CREA'],
  [OpCode.CREATE_CONTAINER, 'CREA'],
  [OpCode.CREATE_TTL, 'CREA'],
  [OpCode.DELETE, 'DELE'],
  [OpCode.DELETE_CONTAINER, 'DELE'],
  [OpCode.SET_DATA, 'SETD'],
  [OpCode.SET_ACL, 'SETA'],
  [OpCode.RECONFIG, 'RECO'],
  [OpCode.MULTI, 'MULT'],
  [OpCode.MULTI_READ, 'MLTR'],
  [OpCode.SYNC, 'SYNC'],
  [OpCode.CHECK, 'CHEC'],
  [OpCode.EXISTS, 'EXIS'],
  [OpCode.GET_DATA, 'GETD'],
  [OpCode.GET_ACL, 'GETA'],
  [OpCode.GET_CHILDREN, 'GETC'],
  [OpCode.GET_CHILDREN2, 'GETC'],
  [OpCode.GET_ALL_CHILDREN_NUMBER, 'GETACN'],
  [OpCode.GET_EPHEMERALS, 'GETE'],
  [OpCode.SET_WATCHES, 'SETW'],
  [OpCode.SET_WATCHES2, 'STW2'],
  [OpCode.ADD_WATCH, 'ADDW'],
  [OpCode.CHECK_WATCHES, 'CHKW'],
  [OpCode.REMOVE_WATCHES, 'REMW'],
  [OpCode.WHO_AM_I, 'HOMI'],
]);

/** `NA` before the first, and behind a reset. */
export function operationName(opcode: number | null): string {
  return opcode === null ? 'NA' : (names.get(opcode) ?? 'NA');
}
