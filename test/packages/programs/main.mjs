import { deliver } from './deliver.mjs';

console.log(await deliver());
