// drive.mjs - runs the stories of one library, and prints what became of each
// SPDX-License-Identifier: Apache-2.0
//
// usage: node drive.mjs MODULE <house.json
//
// MODULE.mjs exports `stories`: sentences, and functions of a house that throw
// when the sentence is not true. The house is what tests/e2e/test_clients.py
// tells: base, fhir, tenant, strange, id, secret, keys. Prints a JSON list of
// [sentence, null or what went wrong].

import { text } from 'node:stream/consumers';

const house = JSON.parse(await text(process.stdin));
const { stories } = await import(`./${process.argv[2]}.mjs`);
const told = [];

for (const [sentence, story] of Object.entries(stories)) {
  try {
    await story(house);
    told.push([sentence, null]);
  } catch (why) {
    told.push([sentence, `${why?.stack}\n${JSON.stringify(why?.cause)}`]);
  }
}
console.log(JSON.stringify(told));
