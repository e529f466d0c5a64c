using System.Collections.Concurrent;
using Osmo.Agent;
using Osmo.Kubernetes;

namespace Osmo.Unit.Tests.Agent;

/// <summary>An API server that answers patches when, and as, a test says.</summary>
internal sealed class FakeLabelPort : ILabelPort
{
    private readonly ConcurrentQueue<Patch> _patches = new();

    public IReadOnlyList<Patch> Patches => [.. _patches];

    /// <summary>Who managedFields say undoes labels, and how often that was asked.</summary>
    public string? Writer { get; set; }

    public int WriterAsked { get; private set; }

    public int InFlight => _patches.Count(patch => !patch.IsAnswered);

    public Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation)
    {
        Patch patch = new(node, uid, value);
        _patches.Enqueue(patch);
        return patch.Result.WaitAsync(cancellation);
    }

    public Task<string?> FindWriterAsync(string node, CancellationToken cancellation)
    {
        WriterAsked++;
        return Task.FromResult(Writer);
    }

    internal sealed record Patch(string Node, string Uid, string Value)
    {
        private readonly TaskCompletionSource<PatchResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<PatchResult> Result => _answer.Task;

        public bool IsAnswered => _answer.Task.IsCompleted;

        public void Succeed(int version) => _answer.SetResult(new PatchResult
        {
            Outcome = PatchOutcome.Applied,
            Node = Nodes.Of(Node, version, verified: Value),
        });

        public void Throw(Exception e) => _answer.SetException(e);

        public void Fail(PatchOutcome outcome, string error = "it failed", TimeSpan? retryAfter = null) =>
            _answer.SetResult(new PatchResult { Outcome = outcome, Error = error, RetryAfter = retryAfter });
    }
}
