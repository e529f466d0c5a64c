using Osmo.Grains.Backends;

namespace Osmo.Grains.Storage;

/// <summary>
/// Which shard a backend belongs to. Shards are what processes own: few enough to be listed, and many enough that the backends of
/// a cluster of processes spread evenly.
/// </summary>
public static class BackendShard
{
    /// <summary>Number of shards. It is part of what is stored: a database with another number is refused.</summary>
    public const int Count = 256;

    /// <summary>The shard of a backend, from 0: the FNV-1a hash of its name, the same in every version and on every machine.</summary>
    public static int Of(BackendName backend)
    {
        var hash = 2_166_136_261u;
        foreach (var c in backend.Value)
        {
            hash = (hash ^ c) * 16_777_619u;
        }

        return (int)((hash ^ (hash >> 16)) % Count);
    }
}
