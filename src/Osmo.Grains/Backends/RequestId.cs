namespace Osmo.Grains.Backends;

/// <summary>Names one request to change a configuration, so that a repetition of it after an unknown outcome applies once.</summary>
/// <param name="Key">The caller's name for the request, unique among the requests of a backend.</param>
/// <param name="Digest">A hash of what is asked for: the same key with another digest is a mistake of the caller.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.request-id")]
public readonly record struct RequestId([property: Id(0)] string Key, [property: Id(1)] long Digest);
