// The published face-api package on its plain JavaScript backend, one image at a time.
//
//     node face_api_cpu.mjs FOLDER < images.json > scores.json
//
// FOLDER holds the module and the weights of its expression network. Shares no line with the
// bridge that is tested against it, and no WebAssembly.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , folder] = process.argv;
const images = JSON.parse(readFileSync(0, 'utf8'));
const write = process.stdout.write.bind(process.stdout);

// A browser as far as the package looks: it carries TensorFlow.js only in that build.
const hidden = globalThis.process;
delete globalThis.process;
globalThis.window = globalThis;
globalThis.document = { createElement: () => ({ getContext: () => null }) };
for (const name of ['HTMLImageElement', 'HTMLCanvasElement', 'HTMLVideoElement', 'ImageData',
  'CanvasRenderingContext2D', 'Image', 'Video']) globalThis[name] = class {};
const faceapi = await import(pathToFileURL(`${folder}/face-api.esm.mjs`).href);
await faceapi.tf.setBackend('cpu');
await faceapi.tf.ready();
globalThis.process = hidden;

const weights = readFileSync(`${folder}/face_expression_model.bin`);
const manifest = JSON.parse(readFileSync(`${folder}/face_expression_model-weights_manifest.json`));
const specs = manifest.flatMap((group) => group.weights);
const bytes = new Uint8Array(weights).buffer;
await faceapi.nets.faceExpressionNet.loadFromWeightMap(faceapi.tf.io.decodeWeights(bytes, specs));

const scores = [];
for (const { height, width, rgb } of images) {
  const pixels = Array.from(Buffer.from(rgb, 'base64'));
  const tensor = faceapi.tf.tensor(pixels, [1, height, width, 3], 'float32');
  const [said] = [await faceapi.nets.faceExpressionNet.predictExpressions(tensor)].flat();
  scores.push({ ...said });
}
write(JSON.stringify({ backend: faceapi.tf.getBackend(), scores }));
