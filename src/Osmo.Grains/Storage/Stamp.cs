namespace Osmo.Grains.Storage;

/// <summary>
/// Numbers that are never given twice: of activations, of versions of rows, of sessions. They are random with 63 bits, so nothing has to be
/// counted anywhere, and something old is never taken for something new. 0 is never among them.
/// </summary>
public static class Stamp
{
    /// <summary>A new number, greater than 0.</summary>
    public static long New() => Random.Shared.NextInt64(1, long.MaxValue);
}
