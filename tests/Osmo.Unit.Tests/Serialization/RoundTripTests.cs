using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>What a grain is sent is what was sent, from another process and from its own. A failure prints its seed.</summary>
public sealed class RoundTripTests
{
    private const int Trials = 200;

    public static TheoryData<string> Types =>
        [.. Contracts.Types.Concat(Contracts.Values).Distinct().Where(type => !type.IsEnum).Select(type => type.ToString())];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_value_arrives_in_another_process_as_it_was_sent(string type) =>
        ForAll(type, value => SameValue.Check(value, Wire.Send(value)));

    [Theory]
    [MemberData(nameof(Types))]
    public void A_value_arrives_in_its_own_process_without_being_copied(string type) => ForAll(type, value =>
    {
        var passed = Wire.Pass(value);
        Assert.True(value.GetType().IsValueType ? value.Equals(passed) : ReferenceEquals(value, passed), $"{type} is copied.");
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void A_list_arrives_in_its_own_process_without_being_copied(string type) => ForAll(type, value =>
    {
        // Lists compare by reference to the array in them.
        var list = WireValues.ListWith(TypeOf(type), value);
        Assert.True(list.Equals(Wire.Pass(list)), $"ImmutableArray<{type}> is copied.");
    });

    private static Type TypeOf(string name) => Contracts.Types.Concat(Contracts.Values).First(type => type.ToString() == name);

    private static void ForAll(string type, Action<object> check) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(Trials), Prop.ForAll(Arb.From(WireValues.Of(TypeOf(type))), check));
}
