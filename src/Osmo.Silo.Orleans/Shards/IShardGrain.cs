using Orleans.Concurrency;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// The Orleans grain of a shard: it hosts the grains of every backend of the shard, and of their nodes. Its key is the shard's number.
/// Calls and their answers are the messages of <c>osmo.cluster.v1</c>, so that a rolling upgrade changes nothing that Orleans sees.
/// </summary>
[Alias("osmo.shard")]
internal interface IShardGrain : IGrainWithIntegerKey
{
    /// <summary>Runs a call (<c>osmo.cluster.v1.Call</c>) and returns its answer (<c>.Answer</c>), failures included.</summary>
    [Alias("call")]
    ValueTask<Immutable<byte[]>> CallAsync(Immutable<byte[]> call);

    /// <summary>Joins an agent's connection to a backend of the shard.</summary>
    /// <param name="link">A new id of the connection.</param>
    /// <param name="backend">The name of the backend.</param>
    /// <param name="join">As what it is joined, as a query says it.</param>
    /// <param name="observer">The way back to the agent.</param>
    /// <returns>Why it is not joined and the caller has to try again; null where it is.</returns>
    /// <remarks>One that is not answered soon went to a silo that has died; it is tried again.</remarks>
    [Alias("join")]
    [ResponseTimeout("00:00:04")]
    Task<string?> JoinAsync(Guid link, string backend, string join, IAgentObserver observer);

    /// <summary>Takes frames of an agent, in order, and returns when there is room for more.</summary>
    /// <returns>False where the connection is not joined here: it has to be joined again.</returns>
    [Alias("receive")]
    [ResponseTimeout("00:01:00")]
    ValueTask<bool> ReceiveAsync(Guid link, Immutable<byte[][]> frames);

    /// <summary>Says that the agent is still there, and asks whether its connection is joined here and frames go both ways.</summary>
    /// <remarks>Answered at once by a silo that lives: frames that a dead one has taken may wait for their answer much longer.</remarks>
    /// <param name="link">The id of the connection.</param>
    /// <param name="seen">What came over the way back.</param>
    /// <returns>What came from the gateway; null where the connection is not joined here.</returns>
    [Alias("pulse")]
    [ResponseTimeout("00:00:04")]
    ValueTask<FrameCounts?> PulseAsync(Guid link, FrameCounts seen);

    /// <summary>The agent has hung up.</summary>
    [Alias("leave")]
    Task LeaveAsync(Guid link);

    /// <summary>Activates the grain, where the caller's placement hint says, and does nothing else.</summary>
    [Alias("touch")]
    Task TouchAsync();

    /// <summary>Moves the grain to another silo, as soon as what is under way has ended.</summary>
    /// <param name="silo">The silo, as <see cref="SiloAddress.ToParsableString"/> has it.</param>
    [Alias("move")]
    Task MoveAsync(string silo);
}

/// <summary>The way back from a silo to an agent.</summary>
[Alias("osmo.agent")]
internal interface IAgentObserver : IGrainObserver
{
    /// <summary>Sends frames, in order. Returns when they are handed to the network.</summary>
    [Alias("send")]
    [ResponseTimeout("00:01:00")]
    Task SendAsync(Immutable<byte[][]> frames);

    /// <summary>Nothing more will be sent.</summary>
    /// <param name="reason">Why, for logs.</param>
    /// <param name="isFinal">Whether the agent's connection ends with it; otherwise it is joined again, where the backend is then.</param>
    [Alias("end")]
    [ResponseTimeout("00:00:04")]
    Task EndAsync(string reason, bool isFinal);
}
