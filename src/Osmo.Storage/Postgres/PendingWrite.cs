using System.Diagnostics;
using System.Globalization;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>A write that waits for its transaction.</summary>
internal interface IPendingWrite
{
    /// <summary>The span in which the caller asked; null if it is not traced.</summary>
    Activity? Caller { get; }

    /// <summary>What it claims of its backend, as the fence names what does not hold.</summary>
    string Claim { get; }

    /// <summary>Tells the caller that the fence refused it.</summary>
    void Refuse();

    /// <summary>Tells the caller that it failed.</summary>
    void Fail(Exception failure);
}

/// <summary>A change of a backend that waits.</summary>
internal sealed class PendingCommit(BackendCommit commit)
    : TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously), IPendingWrite
{
    public BackendCommit Commit => commit;

    public Activity? Caller { get; } = Activity.Current;

    /// <summary>The activation that the backend's row has to have; null if there must be no row.</summary>
    public long? Activation => commit.Creates ? null : commit.Activation;

    public string Claim => string.Create(CultureInfo.InvariantCulture, $"{commit.Backend.Value}:{Activation}");

    public void Refuse() => TrySetException(Refusal.Of(commit));

    public void Fail(Exception failure) => TrySetException(failure);
}

/// <summary>A change of a node that waits. There are tens of thousands a second of them: it is its own task.</summary>
internal sealed class PendingNode(NodeWrite write)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IPendingWrite
{
    public NodeWrite Write => write;

    public Activity? Caller { get; } = Activity.Current;

    public string Claim => string.Create(CultureInfo.InvariantCulture, $"{write.Backend.Value}:{write.Activation}");

    /// <summary>Whether its facts are written: a new row always has some.</summary>
    public bool HasFacts => write is { Next: not null } and ({ FactsChanged: true } or { Expected: 0 });

    public void Refuse() => TrySetException(Refusal.Of(write.Backend));

    public void Fail(Exception failure) => TrySetException(failure);
}

/// <summary>Whoever only waits until all before is settled.</summary>
internal sealed class PendingSettle : TaskCompletionSource, IPendingWrite
{
    public PendingSettle()
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
    }

    public Activity? Caller => null;

    public string Claim => "";

    public void Refuse() => throw new InvalidOperationException("There is nothing that the fence could refuse.");

    public void Fail(Exception failure) => TrySetException(failure);
}
