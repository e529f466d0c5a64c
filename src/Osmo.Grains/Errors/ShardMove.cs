namespace Osmo.Grains.Errors;

/// <summary>What a refusal with <see cref="ErrorCode.Moved"/> knows about where the backend went.</summary>
/// <param name="Shard">The backend's shard.</param>
/// <param name="Epoch">The newest epoch of the shard that whoever refused knows; of two answers the one with the greater is right.</param>
/// <param name="OwnerIncarnation">The incarnation of the silo that owns the shard; null where none is known, as during a move.</param>
public sealed record ShardMove(int Shard, long Epoch, long? OwnerIncarnation);
