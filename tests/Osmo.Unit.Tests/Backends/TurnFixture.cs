using System.Text.Json;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Events;
using Osmo.Grains.Storage;

namespace Osmo.Unit.Tests.Backends;

/// <summary>The state of a backend whose turns are run by hand, and what a store would hold of it.</summary>
internal sealed class TurnFixture : IFleetEventSink
{
    /// <summary>The number of the activation that has the backend.</summary>
    public const long Activation = 7;

    private static readonly BackendName Name = BackendName.Parse("b");

    private BackendRecord? _record;
    private byte[] _memory = [];

    public TurnFixture() => State = Load();

    public BackendState State { get; private set; }

    /// <summary>The time of the next turn.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What was committed of the configuration, oldest first.</summary>
    public List<HistoryDraft> History { get; } = [];

    public List<FleetEvent> Events { get; } = [];

    public static ReplaceFields Edit(string json)
    {
        using var fields = JsonDocument.Parse(json);
        return new ReplaceFields(fields.RootElement.Clone());
    }

    public BackendTurn Begin() => State.BeginTurn(Now);

    /// <summary>Runs a turn to its end.</summary>
    public BackendCommit Run(Action<BackendTurn> stage)
    {
        var turn = Begin();
        stage(turn);
        return Finish(turn);
    }

    /// <summary>Makes a turn durable and shows it.</summary>
    public BackendCommit Finish(BackendTurn turn)
    {
        var commit = turn.Commit(Activation);
        turn.Publish(commit.IsEmpty ? null : Store(commit));
        return commit;
    }

    /// <summary>Throws the state away and loads what is durable, as another activation does.</summary>
    public void Reload() => State = Load();

    public void Publish(FleetEvent happened) => Events.Add(happened);

    private BackendState Load()
    {
        var requests = History.Select((entry, i) => (entry, Revision: i + 1L)).Where(change => change.entry.Request is not null)
            .Select(change => new AppliedRequest(change.entry.Request!.Value, change.Revision)).Reverse();
        return new BackendState(
            Name,
            new LoadedBackend(_record is null ? null : new StoredBackend(_record, []) { MessageMemory = _memory }, [.. requests]),
            this);
    }

    private long? Store(BackendCommit commit)
    {
        long? revision = null;
        if (commit.History is { } draft)
        {
            History.Add(draft);
            revision = History.Count;
        }

        if (commit.Deleted)
        {
            _record = null;
            _memory = [];
            return revision;
        }

        if (commit.Record is { } record)
        {
            _record = record with { Revision = revision ?? record.Revision };
        }

        if (commit.Heartbeat is { } heard)
        {
            _record = _record! with { LastHeartbeat = heard };
        }

        _memory = commit.MessageMemory ?? _memory;
        return revision;
    }
}
