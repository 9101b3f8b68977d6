// Asks the published face-api package about images, one JSON line in, one JSON line out.
//
//     node face_api.mjs FOLDER
//
// FOLDER holds face-api.esm.mjs, the weights of its expression network and the WebAssembly
// files of TensorFlow.js. Lines are as facevalue.systems.command says. Nothing is written
// but answers, nothing is read but FOLDER, and the network is not used.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2]);
const WEIGHTS = 'face_expression_model';

// The WebAssembly loader of TensorFlow.js, once it sees Node.js, wants these two of CommonJS.
globalThis.require = createRequire(import.meta.url);
globalThis.__dirname = folder;

// Everything that is fetched is a file of the folder, whatever address it is given.
const fromFolder = (address) => {
  const name = path.basename(String(address));
  const body = fs.readFileSync(path.join(folder, name));
  return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'application/wasm' } }));
};
globalThis.fetch = fromFolder;

// The browser build of the package is the one that carries TensorFlow.js with it. It must
// not see Node.js while it loads, or it looks for packages that are not there.
const node = globalThis.process;
globalThis.process = undefined;
const faceapi = await import(pathToFileURL(path.join(folder, 'face-api.esm.mjs')).href);
const { tf } = faceapi;
tf.env().setPlatform('node', {
  fetch: fromFolder,
  now: () => performance.now(),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes, encoding) => new TextDecoder(encoding).decode(bytes),
  isTypedArray: (a) => a instanceof Float32Array || a instanceof Int32Array
    || a instanceof Uint8Array || a instanceof Uint8ClampedArray,
  setTimeoutCustom: (call, delay) => setTimeout(call, delay),
});
// Threads would be started by loading a script that does not exist here.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
tf.setWasmPaths(`${folder}${path.sep}`);
const isReady = await tf.setBackend('wasm');
await tf.ready();
const nothing = class {};
const refuse = () => { throw new Error('not available here'); };
faceapi.env.setEnv({
  Canvas: nothing,
  CanvasRenderingContext2D: nothing,
  Image: nothing,
  ImageData: nothing,
  Video: nothing,
  createCanvasElement: refuse,
  createImageElement: refuse,
  fetch: refuse,
});
globalThis.process = node;
if (!isReady || tf.getBackend() !== 'wasm') throw new Error('no WebAssembly backend');

const manifest = JSON.parse(fs.readFileSync(path.join(folder, `${WEIGHTS}-weights_manifest.json`)));
const bytes = fs.readFileSync(path.join(folder, `${WEIGHTS}.bin`));
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const net = faceapi.nets.faceExpressionNet;
net.loadFromWeightMap(tf.io.decodeWeights(buffer, manifest.flatMap((part) => part.weights)));

const LABELS = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'];

const answer = async ({ image }) => {
  const pixels = Buffer.from(image.rgb_base64, 'base64');
  const shape = [image.height, image.width, 3];
  if (pixels.length !== image.height * image.width * 3) {
    return { failed: 'unreadable_media', detail: 'pixels do not fit the size' };
  }
  // The package leaves a tensor behind at each call; a scope takes them all.
  tf.engine().startScope();
  try {
    const said = await net.predictExpressions(tf.tensor3d(new Uint8Array(pixels), shape, 'int32'));
    return { scores: Object.fromEntries(LABELS.map((label) => [label, said[label]])) };
  } catch (error) {
    return { failed: 'crashed', detail: error.constructor.name };
  } finally {
    tf.engine().endScope();
  }
};

const write = (document) => node.stdout.write(`${JSON.stringify(document)}\n`);
write({ facevalue: 1, labels: LABELS });
for await (const line of readline.createInterface({ input: node.stdin, crlfDelay: Infinity })) {
  const { id, items } = JSON.parse(line);
  const answers = [];
  for (const item of items) answers.push(await answer(item));
  write({ id, answers });
}
