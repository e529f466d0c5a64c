using System.Collections;
using System.Reflection;
using System.Text.Json;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>
/// Compares by what can be seen of a value: not all messages have an equality of their own, and lists compare by reference.
/// </summary>
internal static class SameValue
{
    /// <summary>Fails if the two differ, and says where.</summary>
    public static void Check(object? sent, object? arrived, string place = "the value")
    {
        if (sent is null || arrived is null)
        {
            Assert.True(sent is null && arrived is null, $"{place}: sent {sent ?? "null"}, arrived {arrived ?? "null"}");
            return;
        }

        Assert.True(sent.GetType() == arrived.GetType(), $"{place}: sent {sent.GetType()}, arrived {arrived.GetType()}");
        switch (sent)
        {
            case ConditionSet set:
                CheckItems(set.ToPairs(), ((ConditionSet)arrived).ToPairs(), place);
                break;
            case JsonElement json:
                Assert.True(JsonElement.DeepEquals(json, (JsonElement)arrived), $"{place}: sent {json}, arrived {arrived}");
                break;
            case OsmoException failure:
                var other = (OsmoException)arrived;
                Assert.Equal((failure.Code, failure.Message), (other.Code, other.Message));
                CheckItems(failure.Fields, other.Fields, place);
                break;
            case DateTimeOffset time:
                Assert.True(time.EqualsExact((DateTimeOffset)arrived), $"{place}: sent {time:O}, arrived {arrived:O}");
                break;
            case IEnumerable items when sent is not string:
                CheckItems(items, (IEnumerable)arrived, place);
                break;
            case var _ when sent.GetType().Namespace!.StartsWith(nameof(Osmo), StringComparison.Ordinal) && sent is not Enum:
                CheckParts(sent, arrived, place);
                break;
            default:
                Assert.True(sent.Equals(arrived), $"{place}: sent {sent}, arrived {arrived}");
                break;
        }
    }

    private static void CheckItems(IEnumerable sent, IEnumerable arrived, string place)
    {
        var (before, after) = (sent.Cast<object?>().ToArray(), arrived.Cast<object?>().ToArray());
        Assert.True(before.Length == after.Length, $"{place}: sent {before.Length} items, arrived {after.Length}");
        for (var i = 0; i < before.Length; i++)
        {
            Check(before[i], after[i], $"{place}[{i}]");
        }
    }

    private static void CheckParts(object sent, object arrived, string place)
    {
        foreach (var property in sent.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            Check(property.GetValue(sent), property.GetValue(arrived), $"{place}.{property.Name}");
        }
    }
}
