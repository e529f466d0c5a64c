using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;
using Osmo.Grains.Placement;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Nodes;

/// <summary>
/// The grain of a node. It decides the node's verdict, writes its row, and asks for its label; what it knows is in the roster of its
/// backend, so that nothing is lost when Orleans collects it.
/// <para>
/// States: Joined -> Left. It joins the roster of its backend when it is activated, and has left when that is closed, or if there is none
/// on this silo: then it answers <see cref="ErrorCode.Moved"/> and ends. One operation runs at a time, so what it publishes is in the order
/// in which it was told.
/// </para>
/// </summary>
[WithBackendPlacement]
public sealed class NodeGrain(ActiveBackends backends, IBackendStore store, TimeProvider time) : Grain, INodeGrain
{
    private string _backend = "";
    private string _node = "";
    private Roster? _roster;
    private NodeEntry? _entry;
    private long _lastOrder;
    private long _lastUse;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_backend, _node) = NodeKey.Split(this.GetPrimaryKeyString());
        Join();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _roster?.Leave(GrainContext);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken)
    {
        if (_roster is null)
        {
            // Tells whether there is such a backend at all, and has it loaded if there is.
            await GrainFactory.GetGrain<IBackendGrain>(BackendName.Parse(_backend).Value).GetAsync(cancellationToken);
            Join();
        }

        await Joined().Configuring.WaitAsync(cancellationToken);
        var roster = Joined();
        var explanation = roster.Record is { } record && roster.TryGet(_node, out var entry)
            ? roster.Explain(entry, record, Now())
            : null;
        await store.ConfirmAsync(roster.Backend, roster.Activation, cancellationToken);
        return explanation ?? throw new OsmoException(
            ErrorCode.NotFound, $"Backend {_backend} has no node of this name. List its nodes to see what it has.");
    }

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ObserveAsync(long activation, NodeObservation observation)
    {
        var roster = await JoinedAsync(activation);
        if (observation.Order < _lastOrder)
        {
            return NodeOutcome.Outdated;
        }

        _lastOrder = observation.Order;
        var report = observation.Report;

        // The same machine under a new uid is another node: it keeps nothing of the old one.
        var current = _entry?.Current;
        var isKnown = current is not null && (current.Uid == report.Uid || current.Uid.Length == 0 || report.Uid.Length == 0);
        var before = isKnown ? current : null;
        if (before is null && report.Facts is null)
        {
            return NodeOutcome.FactsMissing;
        }

        var judged = roster.Judge(report, before, Now());
        if (before is null || !before.HasSameStateAs(judged.Node))
        {
            await ShowAsync(roster, judged, mustWrite: before is null || before.StoredStateDiffersFrom(judged.Node));
        }

        if (_entry is { } entry)
        {
            entry.SeenInSession = observation.Session;
            roster.AskForLabel(entry);
        }

        return NodeOutcome.Done;
    }

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> UseAsync(long activation, NodeUsageObservation observation)
    {
        var roster = await JoinedAsync(activation);
        if (observation.Order < _lastUse)
        {
            return NodeOutcome.Outdated;
        }

        _lastUse = observation.Order;
        if (_entry?.Current is { } node && !observation.Usage.Equals(node.Usage))
        {
            var judged = roster.Judge(node with { Usage = observation.Usage }, Now());
            await ShowAsync(roster, judged, mustWrite: true);
        }

        return NodeOutcome.Done;
    }

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> RemoveAsync(long activation, long order)
    {
        var roster = await JoinedAsync(activation);
        if (order < _lastOrder)
        {
            return NodeOutcome.Outdated;
        }

        _lastOrder = order;
        if (_entry is { } entry)
        {
            await WriteAsync(roster, entry.Current.Version, next: null, factsChanged: false);
            roster.Remove(entry);
            _entry = null;
        }

        return NodeOutcome.Done;
    }

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ReviewAsync(long activation)
    {
        var roster = await JoinedAsync(activation);
        if (_entry is { } entry)
        {
            var judged = roster.Judge(entry.Current, Now());
            if (judged.Node.Available != entry.Current.Available)
            {
                await ShowAsync(roster, judged, mustWrite: true);
            }

            roster.AskForLabel(entry);
        }

        return NodeOutcome.Done;
    }

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> LabelReportedAsync(long activation, LabelReport report)
    {
        var roster = await JoinedAsync(activation);
        if (_entry is { } entry && entry.LabelReported(roster.LabelRound, report))
        {
            roster.AskForLabel(entry);
        }

        return NodeOutcome.Done;
    }

    /// <summary>Makes a state durable and shows it; judges again if the rules changed meanwhile, which nobody else would notice.</summary>
    private async ValueTask ShowAsync(Roster roster, Judgement judged, bool mustWrite)
    {
        while (true)
        {
            var before = _entry?.Current;
            var next = judged.Node;
            if (mustWrite)
            {
                next = next with { Version = Stamp.New() };
                await WriteAsync(roster, before?.Version ?? 0, next, before is null || !ReferenceEquals(before.Facts, next.Facts));
            }

            _entry = roster.Publish(_entry, next);
            if (!roster.IsOutdated(judged.Rules))
            {
                return;
            }

            judged = roster.Judge(_entry.Current, Now());
            if (judged.Node.Available == _entry.Current.Available)
            {
                return;
            }

            mustWrite = true;
        }
    }

    /// <summary>
    /// Writes the row. If that fails, nobody knows what the store has, or another activation has the backend: the backend's grain, which is
    /// told by the exception, ends and loads everything again.
    /// </summary>
    private async ValueTask WriteAsync(Roster roster, long expected, NodeSnapshot? next, bool factsChanged)
    {
        try
        {
            await store.WriteNodeAsync(
                new NodeWrite(roster.Backend, roster.Activation, _node, expected, next, factsChanged), CancellationToken.None);
        }
        catch
        {
            roster.IsLost = true;
            throw;
        }

        if (roster.End is { } end)
        {
            throw end;
        }
    }

    private void Join()
    {
        if (backends.Find(_backend) is not { End: null } roster)
        {
            return;
        }

        _roster = roster;
        _entry = roster.TryGet(_node, out var entry) ? entry : null;
        roster.Enter(GrainContext);
        if (roster.End is not null)
        {
            Leave();
        }
    }

    /// <summary>
    /// Only the activation of the backend that the roster belongs to is obeyed. If another one calls, one of the two has lost the backend:
    /// the store says which, and if it is the one here the node ends, to be placed where the other is.
    /// </summary>
    private async ValueTask<Roster> JoinedAsync(long activation)
    {
        var roster = Joined();
        if (roster.Activation == activation)
        {
            return roster;
        }

        try
        {
            await store.ConfirmAsync(roster.Backend, roster.Activation, CancellationToken.None);
        }
        catch (OsmoException)
        {
            Leave();
            throw;
        }

        throw new OsmoException(ErrorCode.Moved, $"Backend {_backend} belongs to another activation of its grain by now. Try again.");
    }

    private Roster Joined()
    {
        if (_roster is { End: null } roster)
        {
            return roster;
        }

        // Who called may go on calling here from memory, and ending alone would bring the node up here again and again.
        MigrateOnIdle();
        throw _roster?.End
            ?? new OsmoException(ErrorCode.Moved, $"The grain of backend {_backend} is not on the silo of node {_node}. Try again.");
    }

    /// <summary>Ends the activation, unless it has ended.</summary>
    private void Leave() => GrainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"Backend {_backend} is not here any more."));

    private DateTimeOffset Now() => StoredNow.Of(time);
}
