/** Browser and system out of a user agent, as far as they can be told: `Chrome · Windows`. */
export function device(agent: string): string {
  const browsers: [RegExp, string][] = [
    [/MicroMessenger/i, 'WeChat'],
    [/DingTalk/i, 'DingTalk'],
    [/Edg(e|A|iOS)?\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/HuaweiBrowser/i, 'Huawei Browser'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/HeadlessChrome\/|Chrome\/|CriOS\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]
  const systems: [RegExp, string][] = [
    [/OpenHarmony|HarmonyOS/i, 'HarmonyOS'],
    [/Windows/, 'Windows'],
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Mac OS X|Macintosh/, 'macOS'],
    [/Linux/, 'Linux'],
  ]
  const name = (list: [RegExp, string][]) => list.find(([sign]) => sign.test(agent))?.[1]
  const parts = [name(browsers), name(systems)].filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : agent.slice(0, 60)
}
