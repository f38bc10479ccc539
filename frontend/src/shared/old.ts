// What the oldest browsers we promise lack and our libraries ask for without care; scripts/targets.mjs looks for more.
if (!('hasOwn' in Object)) {
  Object.defineProperty(Object, 'hasOwn', {
    value: (one: object, key: PropertyKey) => Object.prototype.hasOwnProperty.call(one, key),
    configurable: true,
    writable: true,
  })
}
