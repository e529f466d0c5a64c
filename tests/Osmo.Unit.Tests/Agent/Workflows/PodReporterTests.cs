using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Workflows;

/// <summary>From pods and events to messages on two channels.</summary>
public sealed class PodReporterTests
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ManualTimeProvider _time = new();
    private readonly WorkflowPods _pods;
    private readonly PodEvents _events;
    private readonly ListenerOutbox _podOutbox;
    private readonly ListenerOutbox _eventOutbox;
    private readonly PodReporter _reporter;

    public PodReporterTests()
    {
        AsyncSignal changed = new();
        _pods = new WorkflowPods("osmo-wf", changed.Set, _time, NullLogger.Instance);
        _events = new PodEvents(_pods, changed.Set, _time, NullLogger.Instance);
        _podOutbox = new ListenerOutbox(3, changed, _time);
        _eventOutbox = new ListenerOutbox(3, changed, _time);
        _reporter = new PodReporter(_pods, _events, _podOutbox, _eventOutbox, changed, changed, "isaac", _time);
    }

    [Fact]
    public void Messages_are_as_the_service_knows_them()
    {
        PodJson pod = new PodJson("a", retry: "2").Scheduled("node-1").Running("10.1.2.3").Ended(9);
        _pods.Upsert(pod.Read());
        JsonObject update = Assert.Single(Sent(_podOutbox));
        Assert.Equal(
            """
            {"workflow_uuid":"workflow-of-a","task_uuid":"task-of-a","retry_id":2,"container":"main","node":"node-1","pod_ip":"10.1.2.3",
            "message":"main ended with exit code 9: Error","status":"FAILED","exit_code":9,"backend":"isaac","conditions":[
            {"reason":"","message":"","timestamp":"2026-11-21T18:33:21+00:00","status":true,"type":"PodScheduled"},
            {"reason":"","message":"","timestamp":"2026-11-21T18:33:21+00:00","status":true,"type":"Initialized"},
            {"reason":"PodCompleted","message":"","timestamp":"2026-11-21T18:33:21+00:00","status":false,"type":"Ready"}]}
            """.ReplaceLineEndings(""),
            update["body"]!.ToJsonString(Plain));
        JsonObject conditions = Assert.Single(Sent(_eventOutbox));
        Assert.Equal("pod_conditions", (string?)conditions["type"]);
        Assert.Equal(update["body"]!["conditions"]!.ToJsonString(), conditions["body"]!["conditions"]!.ToJsonString());

        _events.Happened(ReadPods.ReadEvent(pod.Event("Killing", "Stopping container main")));
        Assert.Equal(
            """{"pod_name":"a","reason":"Killing","message":"Stopping container main","timestamp":"2026-11-21T18:34:00+00:00"}""",
            Assert.Single(Sent(_eventOutbox))["body"]!.ToJsonString(Plain));
    }

    [Fact]
    public void What_does_not_fit_into_a_window_waits_in_order()
    {
        for (int i = 0; i < 3; i++)
        {
            _pods.Upsert(new PodJson($"p{i}").Read());
        }

        Assert.Equal(["update_pod", "monitor_pod", "update_pod"], Sent(_podOutbox, isAcknowledged: false).Select(Type));
        _reporter.StepPods();
        Assert.Equal(3, _podOutbox.Count);
    }

    [Fact]
    public void Equal_conditions_are_told_once_and_again_after_a_quarter_of_an_hour()
    {
        PodJson pod = new PodJson("a").Scheduled();
        _pods.Upsert(pod.Read());
        Assert.Single(Sent(_eventOutbox));
        _pods.Upsert(pod.Read());
        Assert.Empty(Sent(_eventOutbox));
        _pods.Upsert(pod.Running().Read());
        Assert.Single(Sent(_eventOutbox));
        _time.Advance(WorkflowPods.RememberedFor);
        _pods.Upsert(pod.Read());
        Assert.Single(Sent(_eventOutbox));
    }

    [Fact]
    public void An_event_is_told_when_it_is_newer_than_the_last_of_its_kind()
    {
        PodJson pod = new("a");
        _pods.Upsert(pod.Read());
        Happened("FailedMount", "2026-11-21T18:34:00Z");
        Happened("FailedMount", "2026-11-21T18:34:00Z");
        Happened("FailedMount", "2026-11-21T18:33:00Z");
        Happened("Pulling", "2026-11-21T18:33:00Z");
        Happened("FailedMount", "2026-11-21T18:35:00Z");
        Assert.Equal(
            ["FailedMount 18:34", "Pulling 18:33", "FailedMount 18:35"],
            Sent(_eventOutbox).Select(frame => $"{frame["body"]!["reason"]} {((string)frame["body"]!["timestamp"]!)[11..16]}"));

        void Happened(string reason, string time) => _events.Happened(ReadPods.ReadEvent(pod.Event(reason, "text", time)));
    }

    [Fact]
    public void Events_about_others_are_not_told_and_those_that_come_before_their_pod_later()
    {
        PodJson early = new("early");
        _events.Happened(ReadPods.ReadEvent(early.Event("Scheduled", "to node-0")));
        JsonObject other = early.Event("Scheduled", "nothing about pods");
        other["involvedObject"]!["kind"] = "Job";
        _events.Happened(ReadPods.ReadEvent(other));
        Assert.Empty(Sent(_eventOutbox));

        _pods.Upsert(early.Read());
        Assert.Equal(["pod_event"], Sent(_eventOutbox).Select(Type));
        _pods.Delete(early.Read());
        _events.Happened(ReadPods.ReadEvent(early.Event("Killing", "after its end")));
        Assert.Equal(["pod_event"], Sent(_eventOutbox).Select(Type));
    }

    [Fact]
    public void Events_that_wait_are_bounded()
    {
        PodJson pod = new("a");
        _pods.Upsert(pod.Read());
        for (int i = 0; i < PodEvents.WaitingMax + 7; i++)
        {
            _events.Happened(ReadPods.ReadEvent(pod.Event($"Reason{i}", "text")));
        }

        List<JsonObject> sent = Sent(_eventOutbox);
        Assert.Equal((PodEvents.WaitingMax, "Reason7"), (sent.Count, (string?)sent[0]["body"]!["reason"]));
    }

    [Fact]
    public void An_event_says_why_a_pod_waits_until_another_says_that_it_goes_on()
    {
        PodJson pod = new PodJson("a").Scheduled();
        _pods.Upsert(pod.Read());
        Assert.Equal(["update_pod", "monitor_pod"], Sent(_podOutbox).Select(Type));
        _events.Happened(ReadPods.ReadEvent(pod.Event("Pulling", "Pulling image \"x\"")));
        Assert.Equal("Pulling image \"x\"", (string?)Assert.Single(Sent(_podOutbox))["body"]!["message"]);
        _events.Happened(ReadPods.ReadEvent(pod.Event("Pulled", "done", "2026-11-21T18:34:09Z")));
        Assert.Equal("The node prepares the containers.", (string?)Assert.Single(Sent(_podOutbox))["body"]!["message"]);
    }

    [Fact]
    public void A_deletion_without_end_is_noticed_though_nothing_happens()
    {
        _pods.Upsert(new PodJson("a").Scheduled().Running().BeingDeleted(graceSeconds: 5).Read());
        Assert.Single(Sent(_podOutbox));
        _time.Advance(WorkflowPods.DeletionMargin + TimeSpan.FromSeconds(5));
        Assert.Equal("FAILED_BACKEND_ERROR", (string?)Assert.Single(Sent(_podOutbox))["body"]!["status"]);
    }

    private static string Type(JsonObject frame) => (string)frame["type"]!;

    private List<JsonObject> Sent(ListenerOutbox outbox, bool isAcknowledged = true)
    {
        List<JsonObject> sent = [];
        bool isMore = true;
        while (isMore)
        {
            _reporter.StepPods();
            _reporter.StepEvents();
            isMore = false;
            while (outbox.TryTake(out ReadOnlyMemory<byte> frame))
            {
                JsonObject read = JsonNode.Parse(Encoding.UTF8.GetString(frame.Span))!.AsObject();
                sent.Add(read);
                isMore = isAcknowledged && outbox.Acknowledge((string)read["uuid"]!);
            }
        }

        return sent;
    }
}
