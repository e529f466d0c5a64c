using Microsoft.Extensions.Logging;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// Makes nodes carry the label that the silo wants: compares with what the node carries, patches where they differ, tries again what
/// failed, and reports. Several patches are in flight, never two for one node. Without a connection nothing is wanted, so nothing new is
/// patched: the silo decides anew after the next snapshot.
/// </summary>
internal sealed class LabelApplier : IDisposable
{
    /// <summary>Most patches in flight.</summary>
    public const int PatchesInFlightMax = 16;

    /// <summary>Most characters of a failure's text that are reported.</summary>
    public const int MessageCharsMax = 256;

    private readonly ILabelPort _port;
    private readonly string _labelKey;
    private readonly NodeStore _store;
    private readonly LabelReports? _reports;
    private readonly TokenBucket _pace;
    private readonly DesiredLabels _desired;
    private readonly UndoneLabels _undone;
    private readonly JitteredBackoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30));

    // Missing rights and admission webhooks mend when somebody mends them, which takes longer than a server's restart.
    private readonly JitteredBackoff _refusedBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private readonly AgentMetrics _metrics;
    private readonly ILogger _logger;
    private readonly bool _isAllowed;
    private volatile bool _isEnabled;

    /// <param name="port">The way to a node's label.</param>
    /// <param name="labelKey">The label.</param>
    /// <param name="store">What nodes carry.</param>
    /// <param name="reports">Where results go; null where nobody wants to know them.</param>
    /// <param name="pace">Limits the patches.</param>
    /// <param name="metrics">Counts them.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Where to log to.</param>
    /// <param name="isAllowed">Whether nodes may be patched at all.</param>
    public LabelApplier(
        ILabelPort port,
        string labelKey,
        NodeStore store,
        LabelReports? reports,
        TokenBucket pace,
        AgentMetrics metrics,
        TimeProvider time,
        ILogger logger,
        bool isAllowed = true)
    {
        _isAllowed = isAllowed;
        _port = port;
        _labelKey = labelKey;
        _store = store;
        _reports = reports;
        _pace = pace;
        _metrics = metrics;
        _logger = logger;
        _desired = new DesiredLabels(time);
        _undone = new UndoneLabels(time);
    }

    /// <summary>Nodes whose label is to be changed.</summary>
    public int Waiting => _desired.Count;

    /// <summary>Takes what the silo wants. Ignored while updates are switched off.</summary>
    public void Want(LabelUpdates updates)
    {
        foreach (LabelUpdate update in updates.Updates)
        {
            Want(update.Node, update.Uid, update.Available);
        }
    }

    /// <summary>Takes what one node should carry. Ignored while updates are switched off.</summary>
    public void Want(string node, string uid, bool available)
    {
        if (_isEnabled)
        {
            _desired.Want(node, uid, available);
        }
    }

    /// <summary>
    /// Switches label updates on or off; off drops every update that still waits. Where patches are not allowed, they stay off.
    /// </summary>
    public void SetPolicy(bool isEnabled)
    {
        _isEnabled = isEnabled && _isAllowed;
        if (isEnabled && !_isAllowed)
        {
            AgentLog.LabelsNotAllowed(_logger);
        }

        if (!_isEnabled)
        {
            _desired.Clear();
        }
    }

    /// <summary>Works until cancelled. A defect that ends one worker ends all of them, so that it is seen and not merely slower.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        RunningParts.RunAsync(Enumerable.Repeat<Func<CancellationToken, Task>>(WorkAsync, PatchesInFlightMax), cancellation);

    public void Dispose() => _desired.Dispose();

    private async Task WorkAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _desired.WaitAsync(cancellation).ConfigureAwait(false);
            if (!_desired.TryTake(out DesiredLabel? label) || !_desired.TryRead(label, out LabelAttempt attempt)
                || TrySettle(label, attempt) || await TryPostponeAsync(label, attempt, cancellation).ConfigureAwait(false))
            {
                continue;
            }

            await _pace.WaitAsync(cancellation).ConfigureAwait(false);

            // Waiting for the turn may have taken long: what is wanted, and what the node carries, are looked at again.
            if (_desired.TryRead(label, out attempt) && !TrySettle(label, attempt))
            {
                string value = NodeConditionPrefix.LabelValue(attempt.Available);
                _undone.Patching(attempt);
                PatchResult result = await PatchAsync(attempt, value, cancellation).ConfigureAwait(false);
                Conclude(label, attempt, value, result);
            }
        }
    }

    private async Task<PatchResult> PatchAsync(LabelAttempt attempt, string value, CancellationToken cancellation)
    {
        try
        {
            return await _port.PatchAsync(attempt.Node, attempt.Uid, value, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Not foreseen, and yet no reason for this node, or any other, to keep a wrong label.
            AgentLog.PatchBroke(_logger, attempt.Node, e);
            return new PatchResult { Outcome = PatchOutcome.Unavailable, Error = $"The patch broke off: {e.Message}" };
        }
    }

    /// <summary>Settles what needs no patch.</summary>
    private bool TrySettle(DesiredLabel label, in LabelAttempt attempt)
    {
        NodeProjection? node = _store.Find(attempt.Node);
        if (node is null || node.Uid != attempt.Uid)
        {
            GiveUp(label, attempt, node is null ? "The node is gone." : "Another node has the name now.");
            return true;
        }

        if (node.FindLabel(_labelKey) == NodeConditionPrefix.LabelValue(attempt.Available))
        {
            Report(_desired.Finish(label, attempt), attempt, LabelResult.Types.Outcome.Applied, "");
            return true;
        }

        return false;
    }

    /// <summary>Leaves a label alone for a while that something else has changed back again.</summary>
    private async Task<bool> TryPostponeAsync(DesiredLabel label, LabelAttempt attempt, CancellationToken cancellation)
    {
        if (_undone.Find(attempt) is { IsAsked: false })
        {
            await _pace.WaitAsync(cancellation).ConfigureAwait(false);
            _undone.Name(attempt, await _port.FindWriterAsync(attempt.Node, cancellation).ConfigureAwait(false));
        }

        if (_undone.Find(attempt) is not { } undoing)
        {
            return false;
        }

        string message = Shorten(undoing.Words(_labelKey));
        bool isNews = _desired.Postpone(label, attempt, message, undoing.Pause);
        if (isNews)
        {
            AgentLog.LabelUndone(_logger, attempt.Node, message);
        }

        Report(isNews, attempt, LabelResult.Types.Outcome.Retrying, message);
        return true;
    }

    private void Conclude(DesiredLabel label, in LabelAttempt attempt, string value, PatchResult result)
    {
        _metrics.CountPatch(result.Outcome);
        if (result.RetryAfter is { } pause)
        {
            _pace.PauseFor(pause);
        }

        if (result is { Outcome: PatchOutcome.Applied, Node: { } node })
        {
            _store.ApplyPatched(node);
            if (node.FindLabel(_labelKey) == value)
            {
                _undone.Patched(attempt);
                AgentLog.LabelApplied(_logger, attempt.Node, _labelKey, value);
                Report(_desired.Finish(label, attempt), attempt, LabelResult.Types.Outcome.Applied, "");
                return;
            }

            Retry(label, attempt, result, $"The patch went through, but {_labelKey} is not {value}. Look for an admission webhook.");
            return;
        }

        string error = result.Error ?? result.Outcome.ToString();
        if (_store.Find(attempt.Node)?.Uid == attempt.Uid)
        {
            // Whatever the server says to the patch, the node is there and carries the wrong label: nobody else would ask again. Where
            // the server knows better, the watch is about to tell that the node is gone.
            Retry(label, attempt, result, error);
        }
        else
        {
            GiveUp(label, attempt, error);
        }
    }

    private void Retry(DesiredLabel label, in LabelAttempt attempt, PatchResult result, string error)
    {
        string message = Shorten(error);
        JitteredBackoff backoff = result.Outcome is PatchOutcome.Unavailable or PatchOutcome.Throttled ? _backoff : _refusedBackoff;
        bool isNews = _desired.Retry(label, attempt, message, failures =>
        {
            TimeSpan pause = backoff.Pause(failures);
            return result.RetryAfter is { } asked ? asked + (pause / 4) : pause;
        });
        if (isNews)
        {
            AgentLog.LabelRetrying(_logger, attempt.Node, message);
        }

        Report(isNews, attempt, LabelResult.Types.Outcome.Retrying, message);
    }

    private void GiveUp(DesiredLabel label, in LabelAttempt attempt, string error)
    {
        string message = Shorten(error);
        if (_desired.Finish(label, attempt))
        {
            AgentLog.LabelGivenUp(_logger, attempt.Node, message);
            Report(true, attempt, LabelResult.Types.Outcome.GaveUp, message);
        }
    }

    private void Report(bool isNews, in LabelAttempt attempt, LabelResult.Types.Outcome outcome, string message)
    {
        if (isNews)
        {
            _reports?.Add(new LabelResult { Node = attempt.Node, Available = attempt.Available, Outcome = outcome, Message = message });
        }
    }

    private static string Shorten(string text) =>
        text.Length <= MessageCharsMax ? text : string.Concat(text.AsSpan(0, MessageCharsMax - 1), "…");
}
