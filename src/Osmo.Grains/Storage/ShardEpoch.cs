namespace Osmo.Grains.Storage;

/// <summary>
/// The right to run the backends of a shard. Every change of a shard's owner makes its epoch greater, and a store refuses what
/// carries an older one: so whoever believes wrongly that it owns a backend can do no harm.
/// </summary>
/// <param name="Shard">The shard's number; see <see cref="BackendShard"/>.</param>
/// <param name="Epoch">The epoch that the owner was given.</param>
public readonly record struct ShardEpoch(int Shard, long Epoch);
