using Osmo.Grains.Backends;

namespace Osmo.Silo.Engine;

/// <summary>An operation that waits in a backend's mailbox.</summary>
internal abstract class TurnWork
{
    /// <summary>How much of a turn the operation takes; a turn ends when it is full.</summary>
    public virtual int Weight => 1;

    /// <summary>Stages the operation.</summary>
    public abstract void Apply(BackendTurn turn);

    /// <summary>The turn is durable and published.</summary>
    /// <param name="grain">The grain as the turn left it.</param>
    /// <param name="fenced">Whether the store took a change, and with it said that this process owns the backend.</param>
    public abstract void Succeed(BackendGrain grain, bool fenced);

    /// <summary>The operation was refused, or its turn could not be made durable.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>An operation that somebody waits for.</summary>
/// <param name="apply">Stages it.</param>
/// <param name="answer">The answer, made when the turn is published from what staging returned.</param>
internal sealed class TurnCall<TStaged, TAnswer>(Func<BackendTurn, TStaged> apply, Func<BackendGrain, TStaged, TAnswer> answer) : TurnWork
{
    private readonly TaskCompletionSource<TAnswer> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TStaged? _staged;

    /// <summary>Whether the store has said, since the call was staged, that this process owns the backend.</summary>
    public bool Fenced { get; private set; }

    public Task<TAnswer> Answer => _done.Task;

    public override void Apply(BackendTurn turn) => _staged = apply(turn);

    public override void Succeed(BackendGrain grain, bool fenced)
    {
        Fenced = fenced;
        _done.TrySetResult(answer(grain, _staged!));
    }

    public override void Fail(Exception failure) => _done.TrySetException(failure);
}

/// <summary>An operation that nobody waits for: what it achieves is told through the agent's port.</summary>
internal sealed class TurnPost(Action<BackendTurn> apply, int weight) : TurnWork
{
    public override int Weight => weight;

    public override void Apply(BackendTurn turn) => apply(turn);

    public override void Succeed(BackendGrain grain, bool fenced)
    {
    }

    public override void Fail(Exception failure)
    {
    }
}
