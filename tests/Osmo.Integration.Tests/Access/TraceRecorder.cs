using System.Collections.Concurrent;
using System.Diagnostics;

namespace Osmo.Integration.Tests.Access;

/// <summary>Everything that this process traces: names, tags and events of activities, as an exporter would see them.</summary>
internal sealed class TraceRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<string> _texts = new();

    public TraceRecorder()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Record,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyCollection<string> Texts => _texts;

    public void Dispose() => _listener.Dispose();

    private void Record(Activity activity)
    {
        // Requests that the tests themselves send are traced in this process, too; what they send is theirs to know.
        if (activity.Kind == ActivityKind.Client)
        {
            return;
        }

        var tags = activity.TagObjects.Concat(activity.Events.SelectMany(item => item.Tags)).Select(tag => $"{tag.Key}={tag.Value}");
        var baggage = activity.Baggage.Select(item => $"{item.Key}={item.Value}");
        _texts.Enqueue(string.Join('\n', [activity.Source.Name, activity.DisplayName, activity.StatusDescription, .. tags, .. baggage]));
    }
}
