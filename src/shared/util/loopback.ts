/** Recognizes the names and addresses of the loopback interface. */

import { BlockList, isIP } from 'node:net';

/** An IPv6 address that maps an IPv4 one counts as that. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Returns a host in lower case, without the brackets of an IPv6 address and without the dot at the end of a full name. */
export const plainHost = (host: string): string =>
  host
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** Whether a host is a loopback address, or `localhost`. Names under it are not, because DNS may resolve them to another machine. */
export function isLoopback(host: string): boolean {
  const name = plainHost(host);
  return isIP(name) === 0 ? name === 'localhost' : isListed(name, LOOPBACK);
}

/** Whether two hosts are the same name, or the same address in any of its forms. */
export function isSameHost(one: string, other: string): boolean {
  const [name, address] = [plainHost(one), plainHost(other)];
  if (isIP(name) === 0 || isIP(address) === 0) return name === address;
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return isListed(name, list);
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const isListed = (address: string, list: BlockList): boolean => list.check(address, familyOf(address));
