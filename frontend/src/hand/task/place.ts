/** Where the person is now, read once; undefined when it is not given or not found in time. */
export function placeNow(timeout = 10_000): Promise<{ lng: number; lat: number } | undefined> {
  return new Promise((resolve) => {
    if (!('geolocation' in navigator)) return resolve(undefined)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lng: coords.longitude, lat: coords.latitude }),
      () => resolve(undefined),
      { enableHighAccuracy: true, timeout, maximumAge: 60_000 },
    )
  })
}
