// How much does the source say that a member is written or read, and by whom?
#pragma once

#include "checks/line_members.h"

namespace quarrel {

/// Points for what one access does to its line, if many threads do it: an atomic update most, a
/// plain store in an object that locks protect least; more in loops. 0: nothing worth a word.
uint32_t write_traffic(const Use& use);
uint32_t read_traffic(const CheckContext& context, const Use& use);

/// The sum over the functions that write the member.
uint32_t write_traffic(const LineMember& member);

bool is_read_modify_write(const AccessSite& site);

/// What so many points weigh in a finding, 0 to 45: twice the traffic is less than twice the case.
uint32_t weight_of_traffic(uint32_t points);

/// Functions that print, log or dump what there is: people ask for it, not the work.
bool is_report(std::string_view function_name);

/// Functions whose name says that they are called all the time: send, poll, push, next, ...
bool is_work(std::string_view function_name);

/// A count of references: nobody pads the objects that it counts.
bool is_reference_count(const LineMember& member);

/// Is the record small and points to others of its kind, as nodes of lists and trees do? Of these
/// there are many, and a line each costs more than it gives.
bool is_node(const SourceRecord& record);

/// Is the member a part of what hangs the object into a list or a tree?
bool is_link(const MemberGroup& group, const LineMember& member);

}  // namespace quarrel
