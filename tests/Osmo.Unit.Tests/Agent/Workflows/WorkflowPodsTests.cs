using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Workflows;

/// <summary>What is told of workflows' pods, what is not told twice, and what waits.</summary>
public sealed class WorkflowPodsTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly WorkflowPods _pods;

    public WorkflowPodsTests() => _pods = new WorkflowPods("osmo-wf", () => { }, _time, NullLogger.Instance);

    [Fact]
    public void A_life_is_told_step_by_step_also_to_a_service_that_comes_late()
    {
        PodJson pod = new("a");
        _pods.Upsert(pod.Read());
        _pods.Upsert(pod.Unschedulable().Read());
        _pods.Upsert(pod.Scheduled().Read());
        _pods.Upsert(pod.Running().Read());
        _pods.Upsert(pod.Ended(3).Read());
        _pods.Delete(pod.Read());
        Assert.Equal(["SCHEDULING", "INITIALIZING", "RUNNING", "FAILED 3"], Told());
        Assert.Empty(Told());
        Assert.Equal(0, _pods.Count);
    }

    [Fact]
    public void Why_it_waits_is_told_when_that_changes_and_never_once_it_runs()
    {
        PodJson pod = new("a");
        _pods.Upsert(pod.Read());
        Assert.Equal(["SCHEDULING", "\"Waits for a node.\""], Told());
        _pods.Upsert(pod.Unschedulable("full").Read());
        _pods.Upsert(pod.Unschedulable("still full").Read());
        Assert.Equal(["\"Unschedulable: still full\""], Told());
        _pods.Upsert(pod.Read());
        Assert.Empty(Told());
        _pods.Upsert(pod.Scheduled().Read());
        _pods.Note("a", "Pulling image \"x\"", _time.GetUtcNow());
        Assert.Equal(["INITIALIZING", "\"Pulling image \"x\"\""], Told());
        _pods.Note("a", "older", _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.Empty(Told());
        _pods.Upsert(pod.Running().Read());
        _pods.Note("a", "too late", _time.GetUtcNow());
        Assert.Equal(["RUNNING"], Told());
    }

    [Fact]
    public void A_final_status_is_the_last_one()
    {
        PodJson pod = new PodJson("a").Scheduled().Waits(PodJson.Main, "ImagePullBackOff");
        _pods.Upsert(pod.Read());
        Assert.Equal(["FAILED_IMAGE_PULL"], Told());
        _pods.Upsert(pod.Running().Read());
        _pods.Upsert(pod.Ended(0).Read());
        _time.Advance(WorkflowPods.RememberedFor);
        _pods.Upsert(pod.Read());
        _pods.Delete(pod.Read());
        Assert.Empty(Told());
    }

    [Fact]
    public void The_same_is_told_again_by_a_change_after_a_quarter_of_an_hour()
    {
        PodJson pod = new PodJson("a").Scheduled().Running();
        _pods.Upsert(pod.Read());
        Assert.Equal(["RUNNING"], Told());
        _time.Advance(WorkflowPods.RememberedFor - TimeSpan.FromSeconds(1));
        _pods.Upsert(pod.Read());
        Assert.Empty(Told());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(Told());
        _pods.Upsert(pod.Read());
        _pods.Upsert(pod.Read());
        Assert.Equal(["RUNNING"], Told());
    }

    [Fact]
    public void A_pod_of_the_same_attempt_under_another_uid_does_not_repeat_what_was_told()
    {
        _pods.Upsert(new PodJson("a", uid: "1").Read());
        Assert.Equal("SCHEDULING", Told()[0]);
        _pods.Upsert(new PodJson("a", uid: "2").Scheduled().Read());
        Assert.Equal("FAILED_BACKEND_ERROR 3001,INITIALIZING", string.Join(',', Told().Where(line => line[0] != '"')));
        _pods.Upsert(new PodJson("a", uid: "3").Read());
        Assert.DoesNotContain(Told(), line => line == "SCHEDULING");

        _pods.Upsert(new PodJson("a", retry: "1", uid: "4").Read());
        Assert.Contains("SCHEDULING #1", Told());
    }

    [Fact]
    public void What_vanished_from_a_list_is_gone()
    {
        PodJson stays = new PodJson("stays").Scheduled().Running();
        _pods.Replace([stays.Read(), new PodJson("goes").Scheduled().Running().Read()]);
        Assert.Equal(["RUNNING", "RUNNING"], Told());
        _pods.Replace([stays.Read()]);
        Assert.Equal(["FAILED_BACKEND_ERROR 3001"], Told());
        Assert.True(_pods.Knows("goes"), "for the events that are still to come");
        _pods.Replace([]);
        Assert.Equal(["FAILED_BACKEND_ERROR 3001"], Told());
    }

    [Fact]
    public void Only_pods_of_the_namespace_with_both_labels_count_and_odd_ones_are_passed_over()
    {
        PodJson bare = new("bare");
        bare.Json["metadata"]!["labels"]!.AsObject().Remove("osmo.task_uuid");
        _pods.Replace([bare.Read(), new PodJson("elsewhere", ns: "other").Read(), new PodJson("odd", retry: "first").Read()]);
        _pods.Upsert(new PodJson("odd", retry: "-1").Read());
        _pods.Delete(new PodJson("odd", retry: "-1").Read());
        Assert.Empty(Told());
        Assert.Null(_pods.TryTakeConditions());

        _pods.Upsert(new PodJson("first", retry: null).Scheduled().Read());
        Assert.Equal("INITIALIZING", Told()[0]);
    }

    [Fact]
    public void A_deletion_that_takes_too_long_ends_the_wait()
    {
        PodJson pod = new PodJson("a").Scheduled().Running();
        _pods.Upsert(pod.Read());
        _pods.Upsert(pod.BeingDeleted(graceSeconds: 30).Read());
        Assert.Equal(["RUNNING"], Told());
        _time.Advance(WorkflowPods.DeletionMargin + TimeSpan.FromSeconds(29));
        _pods.EndOverdue();
        Assert.Empty(Told());
        _time.Advance(TimeSpan.FromSeconds(1));
        _pods.EndOverdue();
        Assert.Equal(["FAILED_BACKEND_ERROR 3001"], Told());
        _pods.Delete(pod.Read());
        _pods.EndOverdue();
        Assert.Empty(Told());
    }

    [Fact]
    public void A_status_that_comes_back_is_told_again_and_to_and_fro_does_not_pile_up()
    {
        PodJson pod = new PodJson("a").Scheduled();
        for (int i = 0; i < 100; i++)
        {
            _pods.Upsert(pod.Running().Read());
            _pods.Upsert(pod.Phase("Pending").Read());
        }

        List<string> told = [.. Told().Where(line => line[0] != '"')];
        Assert.InRange(told.Count, 2, 8);
        Assert.Equal("INITIALIZING", told[^1]);
        _pods.Upsert(pod.Running().Read());
        Assert.Equal(["RUNNING"], Told());
    }

    [Fact]
    public void While_the_service_is_away_the_oldest_ends_are_forgotten_at_last()
    {
        for (int i = 0; i < PodsToTell.GoneMax + 5; i++)
        {
            PodProjection pod = new PodJson($"p{i}", uid: $"{i}").Read();
            _pods.Upsert(pod);
            _pods.Delete(pod);
        }

        int ends = 0;
        while (_pods.TryTake() is { } report)
        {
            ends += report is TaskReport { Decision.IsFinal: true } ? 1 : 0;
        }

        Assert.Equal(PodsToTell.GoneMax, ends);
    }

    private List<string> Told()
    {
        List<string> told = [];
        while (_pods.TryTake() is { } report)
        {
            told.Add(report switch
            {
                TaskReport status => status.Decision.Status
                    + (status.Decision.ExitCode is { } code ? $" {code}" : "")
                    + (status.Task.RetryId > 0 ? $" #{status.Task.RetryId}" : ""),
                WaitingReport waiting => $"\"{waiting.Text}\"",
                _ => "?",
            });
        }

        return told;
    }
}
