import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

/** Reads QR codes out of a canvas; its program comes from this server. Loaded only when somebody scans in the page. */
export async function makeDetector(): Promise<(canvas: HTMLCanvasElement) => Promise<string[]>> {
  await prepareZXingModule({
    overrides: {
      locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm : prefix + path),
    },
    fireImmediately: true,
  })
  const detector = new BarcodeDetector({ formats: ['qr_code'] })
  return async (canvas) => (await detector.detect(canvas)).map((one) => one.rawValue)
}
