/** What to do where no prebuilt library can be had. */

import { pipArguments } from './fetch.mjs';
import { LOCK, packageName, THIS_PLATFORM } from './lock.mjs';

const SYSTEM = {
  linux: [
    'apt-get install librdkafka1   (Alpine: apk add librdkafka)',
    `export OUTSPOOL_LIBRDKAFKA=/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/librdkafka.so.1   (Alpine: /usr/lib/librdkafka.so.1)`,
  ],
  darwin: ['brew install librdkafka', 'export OUTSPOOL_LIBRDKAFKA="$(brew --prefix)/lib/librdkafka.1.dylib"'],
};

const lines = (title, commands) => [`  ${title}:`, ...commands.map((command) => `    ${command}`)];

/** Returns the ways to a library for this platform, with the commands of each. */
export const waysOut = () =>
  [
    'These ways lead to a librdkafka:',
    ...prebuilt(LOCK.wheels[THIS_PLATFORM]),
    ...lines(
      "the system's library, 2.0 or later",
      SYSTEM[process.platform] ?? ['export OUTSPOOL_LIBRDKAFKA=/path/to/the/library'],
    ),
    ...lines('compile it, with gcc, g++, make, python3 and the headers of OpenSSL, zlib, zstd and curl', [
      'npm run librdkafka -- --from-source',
    ]),
  ].join('\n');

function prebuilt(wheel) {
  if (wheel === undefined) return [];
  return lines('the platform package, from the registry or from a wheel that another machine has downloaded', [
    `npm install --no-save ${packageName(THIS_PLATFORM)}@${LOCK.version}`,
    `pip ${pipArguments(wheel, 'wheels').join(' ')}`,
    'npm run librdkafka -- --wheels wheels',
  ]);
}
