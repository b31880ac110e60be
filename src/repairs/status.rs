//! The statuses of a repair, and the rules of moving between them.

use serde::{Deserialize, Serialize};

use crate::kernel::permission::{Permission, PermissionSet};

crate::text_enum! {
    /// Where a repair stands.
    pub enum RepairStatus {
        /// The customer has announced the car.
        PreCheckin = "pre_checkin",
        /// The appointment stands.
        Confirmed = "confirmed",
        /// The car is here.
        Accepted = "accepted",
        /// Being taken apart.
        Disassembly = "disassembly",
        /// Bodywork.
        Bodywork = "bodywork",
        /// Painting.
        Painting = "painting",
        /// Being put together again.
        Reassembly = "reassembly",
        /// Being checked.
        QualityCheck = "quality_check",
        /// Ready to be fetched.
        Ready = "ready",
        /// Handed over.
        Delivered = "delivered",
        /// Aside from the line: a part is missing.
        WaitingParts = "waiting_parts",
        /// Aside from the line: called off.
        Cancelled = "cancelled",
    }
}

/// The line in its order. The two statuses aside from it are not in here.
pub const LINE: [RepairStatus; 10] = [
    RepairStatus::PreCheckin,
    RepairStatus::Confirmed,
    RepairStatus::Accepted,
    RepairStatus::Disassembly,
    RepairStatus::Bodywork,
    RepairStatus::Painting,
    RepairStatus::Reassembly,
    RepairStatus::QualityCheck,
    RepairStatus::Ready,
    RepairStatus::Delivered,
];

/// How a transition may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// By anyone who works on repairs.
    Forward,
    /// By anyone who works on repairs, with a reason.
    WithReason,
    /// Back, or out of a final status: needs `repairs:reopen` and a reason.
    Reopen,
}

impl RepairStatus {
    /// The place in the line, from 0; none for the statuses aside.
    #[must_use]
    pub fn step(self) -> Option<usize> {
        LINE.iter().position(|status| *status == self)
    }

    /// Whether nothing more happens without reopening.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// Whether a promised day can still be missed: the car is not ready yet.
    #[must_use]
    pub const fn can_be_late(self) -> bool {
        !matches!(self, Self::Ready | Self::Delivered | Self::Cancelled)
    }

    /// Whether a part can be waited for: from `accepted` to `quality_check`.
    #[must_use]
    pub const fn can_wait(self) -> bool {
        matches!(
            self,
            Self::Accepted
                | Self::Disassembly
                | Self::Bodywork
                | Self::Painting
                | Self::Reassembly
                | Self::QualityCheck
        )
    }

    /// How this status can become another, if at all. `waiting_from` is the step left for `waiting_parts`.
    #[must_use]
    pub fn transition_to(self, to: Self, waiting_from: Option<Self>) -> Option<Transition> {
        if self == to {
            return None;
        }
        match (self, to) {
            (Self::Delivered, Self::Cancelled) => None,
            // Opened again, a repair goes on in the line; a part is waited for from there.
            (Self::Delivered | Self::Cancelled, to) => to.step().map(|_| Transition::Reopen),
            (_, Self::Cancelled) => Some(Transition::WithReason),
            (from, Self::WaitingParts) => from.can_wait().then_some(Transition::Forward),
            (Self::WaitingParts, to) => {
                let left = waiting_from.unwrap_or(Self::Accepted).step()?;
                Some(if to.step()? >= left { Transition::Forward } else { Transition::Reopen })
            }
            (from, to) => Some(if to.step()? > from.step()? { Transition::Forward } else { Transition::Reopen }),
        }
    }

    /// The statuses that can follow, the likeliest first: the next step, then the later ones, waiting, calling off, and
    /// for those who may, the way back.
    #[must_use]
    pub fn next_steps(self, waiting_from: Option<Self>, rights: StepRights) -> Vec<Self> {
        let allowed = |to: Self, kind: Transition| {
            self.transition_to(to, waiting_from) == Some(kind) && rights.allow(self, to, kind)
        };
        let mut steps: Vec<Self> = LINE.into_iter().filter(|to| allowed(*to, Transition::Forward)).collect();
        if allowed(Self::WaitingParts, Transition::Forward) {
            steps.insert(steps.len().min(1), Self::WaitingParts);
        }
        if allowed(Self::Cancelled, Transition::WithReason) {
            steps.push(Self::Cancelled);
        }
        steps.extend(LINE.into_iter().rev().filter(|to| allowed(*to, Transition::Reopen)));
        steps
    }
}

/// Which steps of repairs somebody may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepRights {
    /// None.
    None,
    /// Those that take a check-in on, until the car is accepted, and calling it off until then.
    CheckIn,
    /// All but the way back.
    Forward,
    /// All.
    Reopen,
}

impl StepRights {
    /// The rights that follow from what somebody may do.
    #[must_use]
    pub const fn of(permissions: PermissionSet) -> Self {
        match (permissions.has(Permission::RepairsWrite), permissions.has(Permission::RepairsReopen)) {
            (true, true) => Self::Reopen,
            (true, false) => Self::Forward,
            (false, _) if permissions.has(Permission::RepairsCheckIn) => Self::CheckIn,
            (false, _) => Self::None,
        }
    }

    /// Whether a transition of this kind may be made.
    #[must_use]
    pub const fn allow(self, from: RepairStatus, to: RepairStatus, kind: Transition) -> bool {
        match self {
            Self::None => false,
            Self::CheckIn => {
                matches!(from, RepairStatus::PreCheckin | RepairStatus::Confirmed)
                    && matches!(to, RepairStatus::Confirmed | RepairStatus::Accepted | RepairStatus::Cancelled)
                    && !matches!(kind, Transition::Reopen)
            }
            Self::Forward => !matches!(kind, Transition::Reopen),
            Self::Reopen => true,
        }
    }

    /// Whether facts, notes and photos of a repair may be added to and changed while it stands there.
    #[must_use]
    pub const fn may_change(self, status: RepairStatus) -> bool {
        match self {
            Self::None => false,
            Self::CheckIn => {
                matches!(status, RepairStatus::PreCheckin | RepairStatus::Confirmed | RepairStatus::Accepted)
            }
            Self::Forward | Self::Reopen => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RepairStatus as S;

    #[test]
    fn forward_steps_may_be_skipped_and_the_next_one_is_offered_first() {
        assert_eq!(S::Accepted.transition_to(S::Painting, None), Some(Transition::Forward));
        assert_eq!(
            S::Accepted.next_steps(None, StepRights::Forward)[..3],
            [S::Disassembly, S::WaitingParts, S::Bodywork]
        );
    }

    #[test]
    fn waiting_for_parts_returns_to_the_step_left_or_a_later_one() {
        assert_eq!(S::Painting.transition_to(S::WaitingParts, None), Some(Transition::Forward));
        assert_eq!(S::WaitingParts.transition_to(S::Painting, Some(S::Painting)), Some(Transition::Forward));
        assert_eq!(S::WaitingParts.transition_to(S::Bodywork, Some(S::Painting)), Some(Transition::Reopen));
        for outside in [S::PreCheckin, S::Confirmed, S::Ready, S::Delivered, S::Cancelled] {
            assert_eq!(outside.transition_to(S::WaitingParts, None), None, "{outside}");
        }
    }

    #[test]
    fn the_way_back_needs_permission_and_delivered_cannot_be_cancelled() {
        assert_eq!(S::Painting.transition_to(S::Bodywork, None), Some(Transition::Reopen));
        assert_eq!(S::Delivered.transition_to(S::Ready, None), Some(Transition::Reopen));
        assert_eq!(S::Delivered.transition_to(S::Cancelled, None), None);
        assert!(S::Delivered.next_steps(None, StepRights::Forward).is_empty());
        assert_eq!(S::Ready.transition_to(S::Cancelled, None), Some(Transition::WithReason));
    }

    #[test]
    fn who_takes_check_ins_on_brings_them_to_the_shop_and_no_further() {
        let rights = StepRights::of(crate::kernel::permission::BuiltInRole::Agent.permissions());
        assert_eq!(S::PreCheckin.next_steps(None, rights), [S::Confirmed, S::Accepted, S::Cancelled]);
        assert_eq!(S::Confirmed.next_steps(None, rights), [S::Accepted, S::Cancelled]);
        for status in S::ALL.iter().filter(|status| !matches!(status, S::PreCheckin | S::Confirmed)) {
            assert!(status.next_steps(Some(S::Painting), rights).is_empty(), "{status}");
            assert_eq!(rights.may_change(*status), *status == S::Accepted, "{status}");
        }
    }

    #[test]
    fn every_offered_step_is_a_transition_and_every_transition_is_offered() {
        for from in S::ALL {
            for left in S::ALL.iter().filter(|status| status.can_wait()) {
                let waiting_from = (*from == S::WaitingParts).then_some(*left);
                let offered = from.next_steps(waiting_from, StepRights::Reopen);
                for to in S::ALL {
                    assert_eq!(offered.contains(to), from.transition_to(*to, waiting_from).is_some(), "{from} → {to}");
                }
            }
        }
    }
}
