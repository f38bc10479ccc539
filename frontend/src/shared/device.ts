const browsers: [RegExp, string][] = [
  [/MicroMessenger/i, 'WeChat'],
  [/DingTalk/i, 'DingTalk'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/HuaweiBrowser/i, 'Huawei Browser'],
  [/UCBrowser/i, 'UC Browser'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/OpenHarmony|HarmonyOS/i, 'HarmonyOS'],
  [/Windows/, 'Windows'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** Browser and system out of a user agent, as far as they can be told: `Chrome · Windows`. */
export function device(agent: string): string {
  const name = (list: [RegExp, string][]) => list.find(([sign]) => sign.test(agent))?.[1]
  const parts = [name(browsers), name(systems)].filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : agent.slice(0, 60)
}
